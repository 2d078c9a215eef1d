UPDATE ops.load_ledger
SET fingerprint = ''
WHERE log_date = :log_date
