-- How many records were rejected for each reason, and in how many files.
SELECT reason, COUNT(*) AS records, COUNT(DISTINCT file) AS files
FROM staging.rejected_records
WHERE (CAST(:log_date AS DATE) IS NULL OR log_date = CAST(:log_date AS DATE))
    AND RIGHT(file || '|', LEN(:file) + 1) = :file || '|'
GROUP BY reason
ORDER BY records DESC NULLS LAST, reason NULLS LAST
