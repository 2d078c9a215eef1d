-- Which days' plays and page views each log day affects.
SELECT DISTINCT log_date, start_date
FROM affected_days
ORDER BY log_date NULLS LAST, start_date NULLS LAST
