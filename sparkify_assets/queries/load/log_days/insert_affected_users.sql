-- The users with an event that the log days have in staging. Runs before and after their partitions are replaced.
INSERT INTO affected_users (log_date, user_id)
SELECT DISTINCT log_date, user_id
FROM staging.staging_events
WHERE log_date BETWEEN :first_day AND :last_day
    AND user_id IS NOT NULL
