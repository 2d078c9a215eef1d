-- What the star and staging still have of forgotten users.
SELECT COUNT(*) AS events, COUNT(DISTINCT log_date) AS days
FROM staging.staging_events
WHERE user_id IN (SELECT user_id FROM ops.forgotten)
