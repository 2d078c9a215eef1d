DELETE FROM sparkify.songplays
WHERE start_date BETWEEN :first_touched AND :last_touched
    AND start_date IN (SELECT start_date FROM touched_days)
