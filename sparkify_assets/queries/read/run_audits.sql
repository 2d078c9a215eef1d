-- What the audits of a run's loads found.
SELECT log_date, table_name, audit, passed, failing_rows, sample
FROM ops.audits
WHERE run_id = :run_id
ORDER BY log_date NULLS LAST, table_name NULLS LAST, audit NULLS LAST
