CREATE TABLE sparkify.users (
    user_id INTEGER NOT NULL,
    first_name VARCHAR(256),
    last_name VARCHAR(256),
    gender VARCHAR(16),
    level VARCHAR(64),
    PRIMARY KEY (user_id)
)
SORTKEY (user_id);

COMMENT ON TABLE sparkify.users IS 'Dimension: everyone with an event, as the latest event has them.';

COMMENT ON COLUMN sparkify.users.user_id IS 'The user.';
COMMENT ON COLUMN sparkify.users.first_name IS 'First name.';
COMMENT ON COLUMN sparkify.users.last_name IS 'Last name.';
COMMENT ON COLUMN sparkify.users.gender IS 'F or M.';
COMMENT ON COLUMN sparkify.users.level IS 'free or paid, at the latest event.';
