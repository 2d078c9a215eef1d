-- From when to when plays are touched: a range that sort keys and zone maps know.
SELECT MIN(start_date) AS first_touched, MAX(start_date) AS last_touched
FROM touched_days
