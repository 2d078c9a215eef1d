-- The range of affected days, which sort keys and zone maps can use, and how many users have lost the event that
-- they are known by.
SELECT
    MIN(start_date) AS first_affected,
    MAX(start_date) AS last_affected,
    (SELECT COUNT(*) FROM affected_latest WHERE is_gone = 1) AS lost_users
FROM affected_days
