SELECT log_date, file, fingerprint, loaded_at
FROM ops.load_ledger
WHERE log_date BETWEEN :first_day AND :last_day
ORDER BY log_date NULLS LAST, file NULLS LAST
