CREATE TABLE ops.audits (
    log_date DATE,
    table_name VARCHAR(128) NOT NULL,
    audit VARCHAR(128) NOT NULL,
    passed BOOLEAN NOT NULL,
    failing_rows BIGINT NOT NULL,
    sample VARCHAR(65535) NOT NULL,
    run_id VARCHAR(64),
    audited_at TIMESTAMP NOT NULL
)
SORTKEY (log_date);

COMMENT ON TABLE ops.audits IS 'What the audits of each day''s latest attempt found; the next attempt replaces it.';

COMMENT ON COLUMN ops.audits.log_date IS 'The log day; null for the song catalog.';
COMMENT ON COLUMN ops.audits.table_name IS 'The table audited.';
COMMENT ON COLUMN ops.audits.audit IS 'The audit: what ought to be true.';
COMMENT ON COLUMN ops.audits.passed IS 'Whether it was.';
COMMENT ON COLUMN ops.audits.failing_rows IS 'How many rows were against it.';
COMMENT ON COLUMN ops.audits.sample IS 'The first 20 of these rows, or the figures of an audit that measures, as JSON.';
COMMENT ON COLUMN ops.audits.run_id IS 'The Dagster run.';
COMMENT ON COLUMN ops.audits.audited_at IS 'When, UTC.';
