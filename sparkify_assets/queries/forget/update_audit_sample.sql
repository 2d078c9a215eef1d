UPDATE ops.audits
SET sample = :sample
WHERE table_name = :table_name
    AND audit = :audit
    AND (log_date = CAST(:log_date AS DATE) OR (log_date IS NULL AND CAST(:log_date AS DATE) IS NULL))
