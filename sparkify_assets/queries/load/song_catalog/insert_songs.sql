INSERT INTO sparkify.songs (song_id, title, artist_id, year, duration, artist_name)
SELECT song_id, title, artist_id, NULLIF(year, 0) AS year, duration, artist_name
FROM staging.staging_songs
WHERE copy_number = 1
