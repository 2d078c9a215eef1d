DELETE FROM ops.load_ledger
WHERE log_date IS NULL
