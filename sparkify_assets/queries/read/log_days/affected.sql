-- From when to when plays are touched: a range that sort keys and zone maps know. And how many users have lost the event
-- that was their latest.
SELECT
    MIN(start_date) AS first_affected,
    MAX(start_date) AS last_affected,
    (SELECT COUNT(*) FROM affected_latest WHERE is_staged = 0) AS lost_users
FROM affected_days
