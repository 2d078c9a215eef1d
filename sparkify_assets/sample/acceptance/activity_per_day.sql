-- How much was played on each day, by how many users, in how many sessions.
SELECT start_date, COUNT(*) AS plays, COUNT(DISTINCT user_id) AS users, COUNT(DISTINCT session_id) AS sessions
FROM sparkify.songplays
GROUP BY start_date
ORDER BY start_date
