CREATE TABLE ops.load_ledger (
    log_date DATE,
    file VARCHAR(1024) NOT NULL,
    fingerprint VARCHAR(256) NOT NULL,
    size BIGINT NOT NULL,
    records BIGINT NOT NULL,
    loaded BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    forgotten BIGINT NOT NULL,
    loaded_at TIMESTAMP NOT NULL,
    run_id VARCHAR(64)
)
SORTKEY (log_date);

COMMENT ON TABLE ops.load_ledger IS 'One row per loaded file: what was read, and what became of its records.';

COMMENT ON COLUMN ops.load_ledger.log_date IS 'The day of the file; null for song files.';
COMMENT ON COLUMN ops.load_ledger.file IS 'Path of the file in the lake.';
COMMENT ON COLUMN ops.load_ledger.fingerprint IS 'Fingerprint of the file when it was read, and of the model that loaded it.';
COMMENT ON COLUMN ops.load_ledger.size IS 'Size of the file as stored in the lake, in bytes.';
COMMENT ON COLUMN ops.load_ledger.records IS 'Number of records in the file.';
COMMENT ON COLUMN ops.load_ledger.loaded IS 'Number of records that became rows of staging.';
COMMENT ON COLUMN ops.load_ledger.rejected IS 'Number of records that went to staging.rejected_records.';
COMMENT ON COLUMN ops.load_ledger.forgotten IS 'Number of good records left out because their user is forgotten.';
COMMENT ON COLUMN ops.load_ledger.loaded_at IS 'When the file was loaded, UTC.';
COMMENT ON COLUMN ops.load_ledger.run_id IS 'The Dagster run that loaded the file.';
