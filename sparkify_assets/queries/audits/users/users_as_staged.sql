-- blocking: Everyone with an event in staging is a user, as of their latest event, and nobody else is.
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
