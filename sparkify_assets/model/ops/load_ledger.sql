CREATE TABLE ops.load_ledger (
    log_date DATE,
    file VARCHAR(1024) NOT NULL,
    fingerprint VARCHAR(256) NOT NULL,
    size BIGINT NOT NULL,
    records BIGINT NOT NULL,
    loaded BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    loaded_at TIMESTAMP NOT NULL,
    run_id VARCHAR(64)
)
SORTKEY (log_date);

COMMENT ON TABLE ops.load_ledger IS 'One row per loaded file: what was read, and what became of its records.';

COMMENT ON COLUMN ops.load_ledger.log_date IS 'The day of the file; null for song files.';
COMMENT ON COLUMN ops.load_ledger.file IS 'The file, as a path in the lake.';
COMMENT ON COLUMN ops.load_ledger.fingerprint IS 'What the file was when it was read, and the model it was loaded with.';
COMMENT ON COLUMN ops.load_ledger.size IS 'Size of the file as it lies in the lake, in bytes.';
COMMENT ON COLUMN ops.load_ledger.records IS 'Records in the file.';
COMMENT ON COLUMN ops.load_ledger.loaded IS 'Records that became rows of staging.';
COMMENT ON COLUMN ops.load_ledger.rejected IS 'Records that went to staging.rejected_records.';
COMMENT ON COLUMN ops.load_ledger.loaded_at IS 'When it was loaded, UTC.';
COMMENT ON COLUMN ops.load_ledger.run_id IS 'The Dagster run that loaded it.';
