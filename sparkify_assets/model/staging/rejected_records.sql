CREATE TABLE staging.rejected_records (
    log_date DATE,
    file VARCHAR(1024) NOT NULL,
    line_number BIGINT NOT NULL,
    byte_offset BIGINT NOT NULL,
    reason VARCHAR(256) NOT NULL,
    record VARCHAR(65535) NOT NULL,
    record_bytes BIGINT NOT NULL
)
SORTKEY (log_date);

COMMENT ON TABLE staging.rejected_records IS 'Quarantine: every record of the lake that could not be loaded, with its place and the reason.';

COMMENT ON COLUMN staging.rejected_records.log_date IS 'The day of the file; null for song files.';
COMMENT ON COLUMN staging.rejected_records.file IS 'The file, as a path in the lake.';
COMMENT ON COLUMN staging.rejected_records.line_number IS 'The line in the decompressed file on which the record begins, from 1.';
COMMENT ON COLUMN staging.rejected_records.byte_offset IS 'Where the record begins in the decompressed file, in bytes from 0.';
COMMENT ON COLUMN staging.rejected_records.reason IS 'Which rule of a good record it breaks.';
COMMENT ON COLUMN staging.rejected_records.record IS 'The record''s text; invalid bytes and NUL in hexadecimal after a backslash, cut at 16,000 bytes.';
COMMENT ON COLUMN staging.rejected_records.record_bytes IS 'Length of the whole record, in bytes.';
