SELECT start_date, COUNT(song_id) AS matched
FROM sparkify.songplays
WHERE start_date BETWEEN :first_day AND :last_day
GROUP BY start_date
ORDER BY start_date NULLS LAST
