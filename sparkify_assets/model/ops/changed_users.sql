CREATE TABLE ops.changed_users (
    user_id INTEGER NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (user_id)
)
SORTKEY (change);

COMMENT ON TABLE ops.changed_users IS 'One row per user: which load last changed their events. Tells which rows of insights to update.';

COMMENT ON COLUMN ops.changed_users.user_id IS 'A user with an event in a log day that was loaded, now or before.';
COMMENT ON COLUMN ops.changed_users.change IS 'Number of the load that changed the events; later loads have greater numbers.';
