CREATE TABLE sparkify.time (
    start_time TIMESTAMP NOT NULL,
    hour INTEGER NOT NULL,
    day INTEGER NOT NULL,
    week INTEGER NOT NULL,
    month INTEGER NOT NULL,
    year INTEGER NOT NULL,
    weekday INTEGER NOT NULL,
    start_date DATE NOT NULL,
    PRIMARY KEY (start_time)
)
SORTKEY (start_time);

COMMENT ON TABLE sparkify.time IS 'Dimension: every moment at which a play began, with its hour, day, week, month, year and weekday, in UTC.';

COMMENT ON COLUMN sparkify.time.start_time IS 'The moment, with milliseconds.';
COMMENT ON COLUMN sparkify.time.hour IS 'Hour of the day, 0 to 23.';
COMMENT ON COLUMN sparkify.time.day IS 'Day of the month, 1 to 31.';
COMMENT ON COLUMN sparkify.time.week IS 'ISO week, 1 to 53.';
COMMENT ON COLUMN sparkify.time.month IS 'Month, 1 to 12.';
COMMENT ON COLUMN sparkify.time.year IS 'Calendar year.';
COMMENT ON COLUMN sparkify.time.weekday IS 'ISO weekday: 1 is Monday, 7 is Sunday.';
COMMENT ON COLUMN sparkify.time.start_date IS 'UTC day of start_time: the partition that a load replaces.';
