-- warning: No record of the song files was rejected.
SELECT file, line_number, reason
FROM staging.rejected_records
WHERE log_date IS NULL
