-- How many plays of each day match a song of the song catalog, from :first_day to :last_day.
SELECT
    start_date AS day,
    COUNT(song_id) AS matched
FROM sparkify.songplays
WHERE start_date BETWEEN :first_day AND :last_day
GROUP BY start_date
ORDER BY start_date NULLS LAST
