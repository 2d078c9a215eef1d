CREATE TABLE ops.load_lock (
    locked BOOLEAN
);

COMMENT ON TABLE ops.load_lock IS 'Always empty and never read: every transaction that loads locks this table first.';

COMMENT ON COLUMN ops.load_lock.locked IS 'Never written.';
