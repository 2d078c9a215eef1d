-- The text of records that were rejected: of a log day those after the first 1,000 of their file, of the song catalog,
-- under null, all.
SELECT record
FROM staging.rejected_records
WHERE
    (log_date = CAST(:log_date AS DATE) AND line_number > 1000)
    OR (log_date IS NULL AND CAST(:log_date AS DATE) IS NULL)
ORDER BY file NULLS LAST, line_number NULLS LAST, byte_offset NULLS LAST
LIMIT 1000
