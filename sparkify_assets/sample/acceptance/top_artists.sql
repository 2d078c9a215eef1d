-- Who is played most, and with how many songs.
SELECT artist_name_clean, COUNT(*) AS plays, COUNT(DISTINCT song_title_clean) AS songs
FROM sparkify.songplays
GROUP BY artist_name_clean
ORDER BY plays DESC, artist_name_clean
LIMIT 20
