SELECT file, fingerprint, loaded_at
FROM ops.load_ledger
WHERE NVL(log_date, CAST('0001-01-01' AS DATE)) = NVL(CAST(:log_date AS DATE), CAST('0001-01-01' AS DATE))
ORDER BY file NULLS LAST
