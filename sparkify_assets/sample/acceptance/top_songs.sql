-- What is played most.
SELECT song_title, artist_name, COUNT(*) AS plays
FROM sparkify.songplays
GROUP BY song_title, artist_name
ORDER BY plays DESC, song_title, artist_name
LIMIT 20
