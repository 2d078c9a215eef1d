-- What the audits of the latest attempt found.
SELECT log_date, table_name, audit, passed, failing_rows, sample
FROM ops.audits
WHERE log_date BETWEEN :first_day AND :last_day
ORDER BY log_date NULLS LAST, table_name NULLS LAST, audit NULLS LAST
