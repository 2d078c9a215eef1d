INSERT INTO sparkify.users (
    user_id, first_name, last_name, gender, level, registered_at,
    latest_ts, latest_session_id, latest_item_in_session, latest_log_date, latest_copy_number,
    registration_event_ts, registration_event_session_id, registration_event_item_in_session,
    registration_event_log_date, registration_event_copy_number
)
SELECT
    user_id, first_name, last_name, gender, level, registered_at,
    latest_ts, latest_session_id, latest_item_in_session, latest_log_date, latest_copy_number,
    registration_event_ts, registration_event_session_id, registration_event_item_in_session,
    registration_event_log_date, registration_event_copy_number
FROM affected_latest
WHERE is_gone = 0
