CREATE TABLE ops.load_lock (
    locked BOOLEAN
);

COMMENT ON TABLE ops.load_lock IS 'Always empty, read by nobody: the first thing that every loading transaction locks.';

COMMENT ON COLUMN ops.load_lock.locked IS 'Never written.';
