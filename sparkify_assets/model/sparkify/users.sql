CREATE TABLE sparkify.users (
    user_id INTEGER NOT NULL,
    first_name VARCHAR(256),
    last_name VARCHAR(256),
    gender VARCHAR(16),
    level VARCHAR(64),
    registered_at TIMESTAMP,
    latest_ts BIGINT NOT NULL,
    latest_session_id BIGINT NOT NULL,
    latest_item_in_session INTEGER NOT NULL,
    latest_log_date DATE NOT NULL,
    latest_copy_number INTEGER NOT NULL,
    registration_event_ts BIGINT,
    registration_event_session_id BIGINT,
    registration_event_item_in_session INTEGER,
    registration_event_log_date DATE,
    registration_event_copy_number INTEGER,
    PRIMARY KEY (user_id)
)
SORTKEY (user_id);

COMMENT ON TABLE sparkify.users IS 'Dimension: everyone with an event, as described by their latest one.';

COMMENT ON COLUMN sparkify.users.user_id IS 'Identifier of the user.';
COMMENT ON COLUMN sparkify.users.first_name IS 'First name of the user.';
COMMENT ON COLUMN sparkify.users.last_name IS 'Last name of the user.';
COMMENT ON COLUMN sparkify.users.gender IS 'F or M.';
COMMENT ON COLUMN sparkify.users.level IS 'free or paid, as of the latest event.';
COMMENT ON COLUMN sparkify.users.registered_at IS 'When the user registered, UTC: registration, in whole milliseconds, of the latest event that has one from 0 to 4102444800000; null if none has.';
COMMENT ON COLUMN sparkify.users.latest_ts IS 'Time of the latest event, in milliseconds since 1970 UTC. This column and the next four decide which event is the latest.';
COMMENT ON COLUMN sparkify.users.latest_session_id IS 'Session of the latest event.';
COMMENT ON COLUMN sparkify.users.latest_item_in_session IS 'Position of the latest event in its session.';
COMMENT ON COLUMN sparkify.users.latest_log_date IS 'Log day that delivered the latest event.';
COMMENT ON COLUMN sparkify.users.latest_copy_number IS 'Number of the latest event among the copies of it: its copy_number in staging.staging_events.';
COMMENT ON COLUMN sparkify.users.registration_event_ts IS 'Time of the event that registered_at is from, in milliseconds since 1970 UTC. This column and the next four say which event that is; all are null if registered_at is.';
COMMENT ON COLUMN sparkify.users.registration_event_session_id IS 'Session of that event.';
COMMENT ON COLUMN sparkify.users.registration_event_item_in_session IS 'Position of that event in its session.';
COMMENT ON COLUMN sparkify.users.registration_event_log_date IS 'Log day that delivered that event.';
COMMENT ON COLUMN sparkify.users.registration_event_copy_number IS 'Number of that event among the copies of it.';
