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
COMMENT ON COLUMN staging.rejected_records.file IS 'Path of the file in the lake.';
COMMENT ON COLUMN staging.rejected_records.line_number IS 'Line of the decompressed file on which the record begins, from 1.';
COMMENT ON COLUMN staging.rejected_records.byte_offset IS 'Byte of the decompressed file at which the record begins, from 0.';
COMMENT ON COLUMN staging.rejected_records.reason IS 'The rule of a good record that it breaks.';
COMMENT ON COLUMN staging.rejected_records.record IS 'Text of the record, cut at 16,000 bytes; invalid bytes and NUL are written in hexadecimal after a backslash. Personal.';
COMMENT ON COLUMN staging.rejected_records.record_bytes IS 'Length of the whole record, in bytes.';
