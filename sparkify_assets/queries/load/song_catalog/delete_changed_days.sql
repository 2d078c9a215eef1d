DELETE FROM ops.changed_days
WHERE start_date IS NULL
