-- The UTC days of the events that the log days have in staging: their plays and page views are rebuilt, and insights
-- follow. Runs before and after their partitions are replaced.
INSERT INTO affected_days (log_date, start_date)
SELECT DISTINCT log_date, start_date
FROM staging.staging_events
WHERE log_date BETWEEN :first_day AND :last_day
