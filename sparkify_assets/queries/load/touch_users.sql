-- The users with an event that the log day has in staging now: called before and after its slice is replaced.
INSERT INTO touched_users (user_id)
SELECT DISTINCT user_id
FROM staging.staging_events
WHERE log_date = :log_date
    AND user_id IS NOT NULL
    AND user_id NOT IN (SELECT user_id FROM touched_users)
