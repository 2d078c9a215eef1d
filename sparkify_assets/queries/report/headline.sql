-- The headline figures: what the star holds.
SELECT
    COUNT(*) AS plays,
    COUNT(DISTINCT user_id) AS listeners,
    COUNT(DISTINCT session_id) AS sessions,
    COUNT(song_id) AS matched_plays,
    MIN(start_date) AS first_day,
    MAX(start_date) AS last_day
FROM sparkify.songplays
