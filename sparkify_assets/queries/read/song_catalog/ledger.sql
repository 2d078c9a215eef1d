SELECT log_date, file, fingerprint, loaded_at
FROM ops.load_ledger
WHERE log_date IS NULL
ORDER BY log_date NULLS LAST, file NULLS LAST
