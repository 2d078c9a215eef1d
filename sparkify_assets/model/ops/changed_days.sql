CREATE TABLE ops.changed_days (
    start_date DATE,
    change BIGINT NOT NULL
)
SORTKEY (change);

COMMENT ON TABLE ops.changed_days IS 'When the plays of a day were last made again, for the insights, which follow: one row per day.';

COMMENT ON COLUMN ops.changed_days.start_date IS 'The day of the plays, or a log day that was loaded; null for the song catalog, which may touch any day.';
COMMENT ON COLUMN ops.changed_days.change IS 'Number of the load that did it: the later the greater.';
