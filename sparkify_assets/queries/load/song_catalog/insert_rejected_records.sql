INSERT INTO staging.rejected_records (log_date, file, line_number, byte_offset, reason, record, record_bytes)
SELECT log_date, file, line_number, byte_offset, reason, record, record_bytes
FROM landed_rejected_records
WHERE log_date IS NULL
