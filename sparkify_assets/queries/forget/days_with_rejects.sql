-- The log days with rejected records that name a user.
SELECT DISTINCT log_date
FROM staging.rejected_records
WHERE log_date IS NOT NULL AND record LIKE '%userId%'
ORDER BY log_date NULLS LAST
