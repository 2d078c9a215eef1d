DELETE FROM sparkify.time
WHERE start_date IN (SELECT start_date FROM touched_days)
