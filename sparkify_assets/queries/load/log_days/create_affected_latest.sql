CREATE TEMP TABLE affected_latest (
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
    is_gone INTEGER NOT NULL
)
