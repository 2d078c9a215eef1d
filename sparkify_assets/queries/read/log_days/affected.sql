-- The range of affected days, which sort keys and zone maps can use, and how many users have lost their latest event.
SELECT
    MIN(start_date) AS first_affected,
    MAX(start_date) AS last_affected,
    (SELECT COUNT(*) FROM affected_latest WHERE is_staged = 0) AS lost_users
FROM affected_days
