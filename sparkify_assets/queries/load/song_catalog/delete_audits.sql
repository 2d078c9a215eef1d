DELETE FROM ops.audits
WHERE log_date IS NULL
