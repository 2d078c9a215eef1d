-- What a log day has in each table, for people: users are those with an event in the day's files.
SELECT
    (SELECT COUNT(*) FROM staging.staging_events WHERE log_date = :log_date) AS staging_events,
    (SELECT COUNT(*) FROM sparkify.songplays WHERE start_date = :log_date) AS songplays,
    (SELECT COUNT(DISTINCT user_id) FROM staging.staging_events WHERE log_date = :log_date) AS users,
    (SELECT COUNT(*) FROM sparkify.time WHERE start_date = :log_date) AS time,
    (SELECT COUNT(song_id) FROM sparkify.songplays WHERE start_date = :log_date) AS matched
