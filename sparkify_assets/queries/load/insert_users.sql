-- The latest moment of each user first: of all events, only those at that moment have to be put in order.
INSERT INTO sparkify.users (user_id, first_name, last_name, gender, level)
SELECT user_id, first_name, last_name, gender, level
FROM (
    SELECT
        event.user_id, event.first_name, event.last_name, event.gender, event.level,
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
        WHERE user_id IN (SELECT user_id FROM touched_users)
        GROUP BY user_id
    ) AS latest
        ON latest.user_id = event.user_id AND latest.ts = event.ts
) AS latest_event
WHERE recency = 1
