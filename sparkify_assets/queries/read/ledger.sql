SELECT log_date, file, fingerprint
FROM ops.load_ledger
ORDER BY log_date NULLS LAST, file NULLS LAST
