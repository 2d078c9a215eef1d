-- The first rejects, optionally of one log day or of files whose paths end with a text.
SELECT log_date, file, line_number, byte_offset, reason, record
FROM (
    SELECT
        log_date, file, line_number, byte_offset, reason, record,
        ROW_NUMBER() OVER (
            ORDER BY log_date NULLS FIRST, file NULLS LAST, line_number NULLS LAST, byte_offset NULLS LAST
        ) AS place
    FROM staging.rejected_records
    WHERE (CAST(:log_date AS DATE) IS NULL OR log_date = CAST(:log_date AS DATE))
        AND RIGHT(file || '|', LEN(:file) + 1) = :file || '|'
) AS numbered
WHERE place <= :most
ORDER BY place NULLS LAST
