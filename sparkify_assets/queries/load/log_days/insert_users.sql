INSERT INTO sparkify.users (
    user_id, first_name, last_name, gender, level,
    latest_ts, latest_session_id, latest_item_in_session, latest_log_date, latest_copy_number
)
SELECT user_id, first_name, last_name, gender, level,
    ts AS latest_ts,
    session_id AS latest_session_id,
    item_in_session AS latest_item_in_session,
    log_date AS latest_log_date,
    copy_number AS latest_copy_number
FROM affected_latest
WHERE is_staged = 1
