CREATE TABLE ops.changed_days (
    start_date DATE,
    change BIGINT NOT NULL
)
SORTKEY (change);

COMMENT ON TABLE ops.changed_days IS 'One row per day: which load last rebuilt its plays and page views. Tells which insights to update.';

COMMENT ON COLUMN ops.changed_days.start_date IS 'The day of these events, or a log day that was loaded; null for the song catalog, which may affect any day.';
COMMENT ON COLUMN ops.changed_days.change IS 'Number of the load that rebuilt them; later loads have greater numbers.';
