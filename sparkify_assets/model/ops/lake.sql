CREATE TABLE ops.lake (
    address VARCHAR(4096) NOT NULL
);

COMMENT ON TABLE ops.lake IS 'One row: the lake that this warehouse belongs to. No other lake can be loaded into it.';

COMMENT ON COLUMN ops.lake.address IS 'The folder, with all links resolved, or the bucket and prefix.';
