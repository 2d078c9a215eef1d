SELECT
    (SELECT COUNT(*) FROM staging.staging_events) AS staging_events,
    (SELECT COUNT(*) FROM staging.staging_songs) AS staging_songs,
    (SELECT COUNT(*) FROM sparkify.songplays) AS songplays,
    (SELECT COUNT(*) FROM sparkify.users) AS users,
    (SELECT COUNT(*) FROM sparkify.songs) AS songs,
    (SELECT COUNT(*) FROM sparkify.artists) AS artists,
    (SELECT COUNT(*) FROM sparkify.time) AS time
