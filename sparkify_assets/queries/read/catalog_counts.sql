SELECT
    (SELECT COUNT(*) FROM staging.staging_songs) AS staging_songs,
    (SELECT COUNT(*) FROM sparkify.songs) AS songs,
    (SELECT COUNT(*) FROM sparkify.artists) AS artists
