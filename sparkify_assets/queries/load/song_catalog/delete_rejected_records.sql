DELETE FROM staging.rejected_records
WHERE log_date IS NULL
