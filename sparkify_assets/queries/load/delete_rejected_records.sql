DELETE FROM staging.rejected_records
WHERE NVL(log_date, CAST('0001-01-01' AS DATE)) = NVL(CAST(:log_date AS DATE), CAST('0001-01-01' AS DATE))
