SELECT COUNT(*) AS events, COUNT(DISTINCT log_date) AS days
FROM staging.staging_events
WHERE user_id = :user_id
