-- The UTC days of the plays that the log day has in staging now: called before and after its slice is replaced.
INSERT INTO touched_days (start_date)
SELECT DISTINCT start_date
FROM staging.staging_events
WHERE log_date = :log_date
    AND page || '.' = 'NextSong.'
    AND user_id IS NOT NULL
    AND start_date NOT IN (SELECT start_date FROM touched_days)
