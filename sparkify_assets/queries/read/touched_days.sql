SELECT start_date
FROM touched_days
ORDER BY start_date NULLS LAST
