-- On which days of the week (Monday is 1) free and paid users listen.
SELECT t.weekday, p.level, COUNT(*) AS plays
FROM sparkify.songplays AS p
JOIN sparkify.time AS t ON t.start_time = p.start_time
GROUP BY t.weekday, p.level
ORDER BY t.weekday, p.level
