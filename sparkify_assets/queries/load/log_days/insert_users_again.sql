-- Users whose latest event is gone, as of the latest of all their events. Only this statement reads other days of staging,
-- and it runs only if there is such a user.
INSERT INTO sparkify.users (
    user_id, first_name, last_name, gender, level,
    latest_ts, latest_session_id, latest_item_in_session, latest_log_date, latest_copy_number
)
SELECT
    user_id, first_name, last_name, gender, level,
    ts AS latest_ts,
    session_id AS latest_session_id,
    item_in_session AS latest_item_in_session,
    log_date AS latest_log_date,
    copy_number AS latest_copy_number
FROM (
    SELECT
        event.user_id, event.first_name, event.last_name, event.gender, event.level,
        event.ts, event.session_id, event.item_in_session, event.log_date, event.copy_number,
        ROW_NUMBER() OVER (
            PARTITION BY event.user_id
            ORDER BY
                event.session_id DESC NULLS LAST,
                event.item_in_session DESC NULLS LAST,
                event.log_date DESC NULLS LAST,
                event.copy_number NULLS LAST
        ) AS recency
    FROM staging.staging_events AS event
    JOIN (
        SELECT user_id, MAX(ts) AS ts
        FROM staging.staging_events
        WHERE user_id IN (SELECT user_id FROM affected_latest WHERE is_staged = 0)
        GROUP BY user_id
    ) AS latest
        ON latest.user_id = event.user_id AND latest.ts = event.ts
) AS latest_event
WHERE recency = 1
