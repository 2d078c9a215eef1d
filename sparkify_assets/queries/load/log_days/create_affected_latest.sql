CREATE TEMP TABLE affected_latest (
    user_id INTEGER NOT NULL,
    first_name VARCHAR(256),
    last_name VARCHAR(256),
    gender VARCHAR(16),
    level VARCHAR(64),
    ts BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    item_in_session INTEGER NOT NULL,
    log_date DATE NOT NULL,
    copy_number INTEGER NOT NULL,
    is_staged INTEGER NOT NULL
)
