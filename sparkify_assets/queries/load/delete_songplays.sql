DELETE FROM sparkify.songplays
WHERE start_date IN (SELECT start_date FROM touched_days)
