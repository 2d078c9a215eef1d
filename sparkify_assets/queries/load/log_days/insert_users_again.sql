-- Users whose latest event is gone, or their latest one with a registration, as of all their events. Only this statement
-- reads other days of staging, and it runs only if there is such a user.
INSERT INTO sparkify.users (
    user_id, first_name, last_name, gender, level, registered_at,
    latest_ts, latest_session_id, latest_item_in_session, latest_log_date, latest_copy_number,
    registration_event_ts, registration_event_session_id, registration_event_item_in_session,
    registration_event_log_date, registration_event_copy_number
)
WITH staged AS (
    SELECT
        event.user_id, event.first_name, event.last_name, event.gender, event.level,
        CAST(FLOOR(CASE WHEN event.registration BETWEEN 0 AND 4102444800000 THEN event.registration END) AS BIGINT) AS registered,
        event.ts, event.session_id, event.item_in_session, event.log_date, event.copy_number
    FROM staging.staging_events AS event
    JOIN (
        SELECT
            user_id,
            MAX(ts) AS ts,
            MAX(CASE WHEN registration BETWEEN 0 AND 4102444800000 THEN ts END) AS registration_event_ts
        FROM staging.staging_events
        WHERE user_id IN (SELECT user_id FROM affected_latest WHERE is_gone = 1)
        GROUP BY user_id
    ) AS moment
        ON moment.user_id = event.user_id
        AND (moment.ts = event.ts OR moment.registration_event_ts = event.ts)
),
latest AS (
    SELECT
        staged.*,
        ROW_NUMBER() OVER (
            PARTITION BY user_id
            ORDER BY
                ts DESC NULLS LAST,
                session_id DESC NULLS LAST,
                item_in_session DESC NULLS LAST,
                log_date DESC NULLS LAST,
                copy_number NULLS LAST
        ) AS recency
    FROM staged
),
registration_event AS (
    SELECT
        staged.*,
        ROW_NUMBER() OVER (
            PARTITION BY user_id
            ORDER BY
                ts DESC NULLS LAST,
                session_id DESC NULLS LAST,
                item_in_session DESC NULLS LAST,
                log_date DESC NULLS LAST,
                copy_number NULLS LAST
        ) AS recency
    FROM staged
    WHERE registered IS NOT NULL
)
SELECT
    latest.user_id,
    latest.first_name,
    latest.last_name,
    latest.gender,
    latest.level,
    DATEADD(ms, CAST(registration_event.registered % 86400000 AS INTEGER), DATEADD(day, CAST(registration_event.registered / 86400000 AS INTEGER), CAST('1970-01-01' AS TIMESTAMP))) AS registered_at,
    latest.ts AS latest_ts,
    latest.session_id AS latest_session_id,
    latest.item_in_session AS latest_item_in_session,
    latest.log_date AS latest_log_date,
    latest.copy_number AS latest_copy_number,
    registration_event.ts AS registration_event_ts,
    registration_event.session_id AS registration_event_session_id,
    registration_event.item_in_session AS registration_event_item_in_session,
    registration_event.log_date AS registration_event_log_date,
    registration_event.copy_number AS registration_event_copy_number
FROM latest
LEFT JOIN registration_event ON registration_event.user_id = latest.user_id AND registration_event.recency = 1
WHERE latest.recency = 1
