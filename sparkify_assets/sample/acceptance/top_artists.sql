-- Who is played most, and with how many songs.
SELECT artist_name, COUNT(*) AS plays, COUNT(DISTINCT song_title) AS songs
FROM sparkify.songplays
GROUP BY artist_name
ORDER BY plays DESC, artist_name
LIMIT 20
