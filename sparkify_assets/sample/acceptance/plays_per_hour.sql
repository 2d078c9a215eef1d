-- At which hours of the day (UTC) people listen.
SELECT t.hour, COUNT(*) AS plays
FROM sparkify.songplays AS p
JOIN sparkify.time AS t ON t.start_time = p.start_time
GROUP BY t.hour
ORDER BY t.hour
