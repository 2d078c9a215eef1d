SELECT record
FROM staging.rejected_records
WHERE log_date = :log_date AND record LIKE '%userId%'
ORDER BY record NULLS LAST
