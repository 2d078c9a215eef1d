SELECT COUNT(song_id) AS matched
FROM sparkify.songplays
WHERE start_date = :log_date
