-- From when to when plays are touched: a range that sort keys and zone maps know. And how many users have lost the event
-- that was their latest.
SELECT
    MIN(start_date) AS first_touched,
    MAX(start_date) AS last_touched,
    (SELECT COUNT(*) FROM touched_latest WHERE is_staged = 0) AS lost_users
FROM touched_days
