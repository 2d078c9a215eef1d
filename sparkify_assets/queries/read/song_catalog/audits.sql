-- What the audits of the latest attempt found.
SELECT log_date, table_name, audit, passed, failing_rows, sample
FROM ops.audits
WHERE log_date IS NULL
ORDER BY log_date NULLS LAST, table_name NULLS LAST, audit NULLS LAST
