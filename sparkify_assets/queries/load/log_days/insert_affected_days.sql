-- The UTC days of the plays that the log days have in staging. Runs before and after their partitions are replaced.
INSERT INTO affected_days (log_date, start_date)
SELECT DISTINCT log_date, start_date
FROM staging.staging_events
WHERE log_date BETWEEN :first_day AND :last_day
    AND page = 'NextSong' AND LEN(page) = 8
    AND user_id IS NOT NULL
