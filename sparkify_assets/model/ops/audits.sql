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

COMMENT ON TABLE ops.audits IS 'The results of each day''s audits in its latest attempt; the next attempt replaces them.';

COMMENT ON COLUMN ops.audits.log_date IS 'The log day; null for the song catalog.';
COMMENT ON COLUMN ops.audits.table_name IS 'The audited table.';
COMMENT ON COLUMN ops.audits.audit IS 'Name of the audit.';
COMMENT ON COLUMN ops.audits.passed IS 'Whether the audit passed.';
COMMENT ON COLUMN ops.audits.failing_rows IS 'How many rows failed the audit.';
COMMENT ON COLUMN ops.audits.sample IS 'The first 20 failing rows, or the figures of an audit that measures, as JSON.';
COMMENT ON COLUMN ops.audits.run_id IS 'The Dagster run of the audit.';
COMMENT ON COLUMN ops.audits.audited_at IS 'When the audit ran, UTC.';
