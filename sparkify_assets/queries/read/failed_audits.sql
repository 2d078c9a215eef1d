-- The audits that failed at each load's latest attempt.
SELECT log_date, table_name, audit, failing_rows, sample
FROM ops.audits
WHERE NOT passed
ORDER BY log_date NULLS LAST, table_name NULLS LAST, audit NULLS LAST
