DELETE FROM ops.changed_days
WHERE start_date IN (SELECT start_date FROM affected_days)
