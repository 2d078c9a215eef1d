-- How long free and paid users listened, in seconds.
SELECT level, COUNT(*) AS plays, SUM(length) AS seconds
FROM sparkify.songplays
GROUP BY level
