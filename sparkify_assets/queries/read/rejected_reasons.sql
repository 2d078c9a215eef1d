-- How many records were rejected for what, and in how many files.
SELECT reason, COUNT(*) AS records, COUNT(DISTINCT file) AS files
FROM staging.rejected_records
WHERE NVL(log_date, CAST('0001-01-01' AS DATE)) = COALESCE(CAST(:log_date AS DATE), log_date, CAST('0001-01-01' AS DATE))
    AND RIGHT(file, LEN(:file)) = :file
GROUP BY reason
ORDER BY records DESC NULLS LAST, reason NULLS LAST
