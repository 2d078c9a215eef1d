CREATE TABLE ops.insight_ledger (
    insight VARCHAR(128) NOT NULL,
    version VARCHAR(64) NOT NULL,
    change BIGINT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    run_id VARCHAR(64)
);

COMMENT ON TABLE ops.insight_ledger IS 'One row per insight: which state of the star it was last built from.';

COMMENT ON COLUMN ops.insight_ledger.insight IS 'Name of the insight.';
COMMENT ON COLUMN ops.insight_ledger.version IS 'Version of the statement that built it.';
COMMENT ON COLUMN ops.insight_ledger.change IS 'The latest change that it includes; see ops.changed_days.';
COMMENT ON COLUMN ops.insight_ledger.made_at IS 'When it was built, UTC.';
COMMENT ON COLUMN ops.insight_ledger.run_id IS 'The Dagster run that built it.';
