-- blocking: Everyone with an event in staging is a user, as of their latest event and their latest registration, and nobody else is.
SELECT event.user_id AS user_with_events, CAST(NULL AS INTEGER) AS user_published
FROM audited_events_of_nobody AS event
LEFT JOIN sparkify.users AS published
    ON published.user_id = event.user_id
WHERE event.user_id IS NOT NULL
    AND published.user_id IS NULL
GROUP BY event.user_id
UNION ALL
SELECT event.user_id AS user_with_events, published.user_id AS user_published
FROM audited_staging_events AS event
JOIN sparkify.users AS published
    ON published.user_id = event.user_id
GROUP BY event.user_id, published.user_id
HAVING MAX(event.ts) > MAX(published.latest_ts)
    OR MAX(CASE WHEN event.registration BETWEEN 0 AND 4102444800000 THEN event.ts END)
        > NVL(MAX(published.registration_event_ts), -1)
UNION ALL
SELECT CAST(NULL AS INTEGER) AS user_with_events, published.user_id AS user_published
FROM audited_latest_users AS published
LEFT JOIN audited_staging_events AS event
    ON event.user_id = published.user_id
    AND event.ts = published.latest_ts
    AND event.session_id = published.latest_session_id
    AND event.item_in_session = published.latest_item_in_session
    AND event.log_date = published.latest_log_date
    AND event.copy_number = published.latest_copy_number
WHERE event.user_id IS NULL
UNION ALL
SELECT CAST(NULL AS INTEGER) AS user_with_events, published.user_id AS user_published
FROM audited_registered_users AS published
LEFT JOIN audited_staging_events AS event
    ON event.user_id = published.user_id
    AND event.ts = published.registration_event_ts
    AND event.session_id = published.registration_event_session_id
    AND event.item_in_session = published.registration_event_item_in_session
    AND event.log_date = published.registration_event_log_date
    AND event.copy_number = published.registration_event_copy_number
    AND event.registration BETWEEN 0 AND 4102444800000
WHERE event.user_id IS NULL
