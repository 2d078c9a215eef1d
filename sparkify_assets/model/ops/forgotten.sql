CREATE TABLE ops.forgotten (
    user_id INTEGER NOT NULL,
    forgotten_at TIMESTAMP NOT NULL,
    forgotten_by VARCHAR(256),
    reason VARCHAR(1024),
    PRIMARY KEY (user_id)
);

COMMENT ON TABLE ops.forgotten IS 'The forgotten users: no load puts an event of theirs into staging. On Redshift this is the list itself, which no rebuild drops; on DuckDB a copy of the list in SPARKIFY_FORGOTTEN.';

COMMENT ON COLUMN ops.forgotten.user_id IS 'The user.';
COMMENT ON COLUMN ops.forgotten.forgotten_at IS 'When they were forgotten, UTC.';
COMMENT ON COLUMN ops.forgotten.forgotten_by IS 'The account of whoever ran `sparkify forget`.';
COMMENT ON COLUMN ops.forgotten.reason IS 'The reference of the request; no name.';
