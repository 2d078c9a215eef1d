CREATE TABLE sparkify.users (
    user_id INTEGER NOT NULL,
    first_name VARCHAR(256),
    last_name VARCHAR(256),
    gender VARCHAR(16),
    level VARCHAR(64),
    latest_ts BIGINT NOT NULL,
    latest_session_id BIGINT NOT NULL,
    latest_item_in_session INTEGER NOT NULL,
    latest_log_date DATE NOT NULL,
    latest_copy_number INTEGER NOT NULL,
    PRIMARY KEY (user_id)
)
SORTKEY (user_id);

COMMENT ON TABLE sparkify.users IS 'Dimension: everyone with an event, as described by their latest one.';

COMMENT ON COLUMN sparkify.users.user_id IS 'Identifier of the user.';
COMMENT ON COLUMN sparkify.users.first_name IS 'First name of the user.';
COMMENT ON COLUMN sparkify.users.last_name IS 'Last name of the user.';
COMMENT ON COLUMN sparkify.users.gender IS 'F or M.';
COMMENT ON COLUMN sparkify.users.level IS 'free or paid, as of the latest event.';
COMMENT ON COLUMN sparkify.users.latest_ts IS 'Time of the latest event, in milliseconds since 1970 UTC. This column and the next four decide which event is the latest.';
COMMENT ON COLUMN sparkify.users.latest_session_id IS 'Session of the latest event.';
COMMENT ON COLUMN sparkify.users.latest_item_in_session IS 'Position of the latest event in its session.';
COMMENT ON COLUMN sparkify.users.latest_log_date IS 'Log day that delivered the latest event.';
COMMENT ON COLUMN sparkify.users.latest_copy_number IS 'Number of the latest event among the copies of it: its copy_number in staging.staging_events.';
