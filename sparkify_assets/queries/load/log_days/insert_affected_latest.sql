-- The users whose rows have to be replaced. An affected user's latest event is either one of these log days, or the one in
-- sparkify.users; so is the latest one that has a registration. If both lie in other days, or have not changed, the row
-- stays. If one of them lay in these days and is gone, the user has to be looked up in all of staging.
-- Each user's latest moments are found first, so that only the events at these moments have to be ordered.
-- || CHR(1): Redshift ignores blanks at the end of a text when it compares texts. NVL: a null differs from every text.
INSERT INTO affected_latest (
    user_id, first_name, last_name, gender, level, registered_at,
    latest_ts, latest_session_id, latest_item_in_session, latest_log_date, latest_copy_number,
    registration_event_ts, registration_event_session_id, registration_event_item_in_session,
    registration_event_log_date, registration_event_copy_number, is_gone
)
WITH staged AS (
    SELECT
        event.user_id, event.first_name, event.last_name, event.gender, event.level,
        CAST(FLOOR(CASE WHEN event.registration BETWEEN 0 AND 4102444800000 THEN event.registration END) AS BIGINT) AS registered,
        event.ts, event.session_id, event.item_in_session, event.log_date, event.copy_number,
        0 AS is_gone
    FROM staging.staging_events AS event
    JOIN (
        SELECT
            user_id,
            MAX(ts) AS ts,
            MAX(CASE WHEN registration BETWEEN 0 AND 4102444800000 THEN ts END) AS registration_event_ts
        FROM staging.staging_events
        WHERE log_date BETWEEN :first_day AND :last_day
            AND user_id IS NOT NULL
        GROUP BY user_id
    ) AS moment
        ON moment.user_id = event.user_id
        AND (moment.ts = event.ts OR moment.registration_event_ts = event.ts)
    WHERE event.log_date BETWEEN :first_day AND :last_day
),
latest AS (
    SELECT
        candidate.*,
        ROW_NUMBER() OVER (
            PARTITION BY user_id
            ORDER BY
                ts DESC NULLS LAST,
                session_id DESC NULLS LAST,
                item_in_session DESC NULLS LAST,
                log_date DESC NULLS LAST,
                copy_number NULLS LAST,
                is_gone NULLS LAST
        ) AS recency
    FROM (
        SELECT
            user_id, first_name, last_name, gender, level,
            ts, session_id, item_in_session, log_date, copy_number, is_gone
        FROM staged
        UNION ALL
        SELECT
            user_id, first_name, last_name, gender, level,
            latest_ts, latest_session_id, latest_item_in_session, latest_log_date, latest_copy_number,
            CASE WHEN latest_log_date BETWEEN :first_day AND :last_day THEN 1 ELSE 0 END AS is_gone
        FROM sparkify.users
        WHERE user_id IN (SELECT user_id FROM affected_users)
    ) AS candidate
),
registration_event AS (
    SELECT
        candidate.*,
        ROW_NUMBER() OVER (
            PARTITION BY user_id
            ORDER BY
                ts DESC NULLS LAST,
                session_id DESC NULLS LAST,
                item_in_session DESC NULLS LAST,
                log_date DESC NULLS LAST,
                copy_number NULLS LAST,
                is_gone NULLS LAST
        ) AS recency
    FROM (
        SELECT
            user_id,
            DATEADD(ms, CAST(registered % 86400000 AS INTEGER), DATEADD(day, CAST(registered / 86400000 AS INTEGER), CAST('1970-01-01' AS TIMESTAMP))) AS registered_at,
            ts, session_id, item_in_session, log_date, copy_number, is_gone
        FROM staged
        WHERE registered IS NOT NULL
        UNION ALL
        SELECT
            user_id, registered_at,
            registration_event_ts, registration_event_session_id, registration_event_item_in_session,
            registration_event_log_date, registration_event_copy_number,
            CASE WHEN registration_event_log_date BETWEEN :first_day AND :last_day THEN 1 ELSE 0 END AS is_gone
        FROM sparkify.users
        WHERE user_id IN (SELECT user_id FROM affected_users)
            AND registered_at IS NOT NULL
    ) AS candidate
)
SELECT
    latest.user_id,
    latest.first_name,
    latest.last_name,
    latest.gender,
    latest.level,
    registration_event.registered_at,
    latest.ts AS latest_ts,
    latest.session_id AS latest_session_id,
    latest.item_in_session AS latest_item_in_session,
    latest.log_date AS latest_log_date,
    latest.copy_number AS latest_copy_number,
    registration_event.ts AS registration_event_ts,
    registration_event.session_id AS registration_event_session_id,
    registration_event.item_in_session AS registration_event_item_in_session,
    registration_event.log_date AS registration_event_log_date,
    registration_event.copy_number AS registration_event_copy_number,
    CASE WHEN latest.is_gone = 1 OR registration_event.is_gone = 1 THEN 1 ELSE 0 END AS is_gone
FROM latest
LEFT JOIN registration_event ON registration_event.user_id = latest.user_id AND registration_event.recency = 1
LEFT JOIN sparkify.users AS published ON published.user_id = latest.user_id
WHERE latest.recency = 1
    AND (
        latest.is_gone = 1
        OR registration_event.is_gone = 1
        OR published.user_id IS NULL
        OR NVL(published.first_name || CHR(1), '') <> NVL(latest.first_name || CHR(1), '')
        OR NVL(published.last_name || CHR(1), '') <> NVL(latest.last_name || CHR(1), '')
        OR NVL(published.gender || CHR(1), '') <> NVL(latest.gender || CHR(1), '')
        OR NVL(published.level || CHR(1), '') <> NVL(latest.level || CHR(1), '')
        OR NVL2(published.registered_at, 1, 0) <> NVL2(registration_event.registered_at, 1, 0)
        OR published.registered_at <> registration_event.registered_at
        OR published.latest_ts <> latest.ts
        OR published.latest_session_id <> latest.session_id
        OR published.latest_item_in_session <> latest.item_in_session
        OR published.latest_log_date <> latest.log_date
        OR published.latest_copy_number <> latest.copy_number
        OR published.registration_event_ts <> registration_event.ts
        OR published.registration_event_session_id <> registration_event.session_id
        OR published.registration_event_item_in_session <> registration_event.item_in_session
        OR published.registration_event_log_date <> registration_event.log_date
        OR published.registration_event_copy_number <> registration_event.copy_number
    )
