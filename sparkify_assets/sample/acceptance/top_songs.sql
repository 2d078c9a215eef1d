-- What is played most.
SELECT song_title_clean, artist_name_clean, COUNT(*) AS plays
FROM sparkify.songplays
GROUP BY song_title_clean, artist_name_clean
ORDER BY plays DESC, song_title_clean, artist_name_clean
LIMIT 20
