INSERT INTO sparkify.users (user_id, first_name, last_name, gender, level)
SELECT user_id, first_name, last_name, gender, level
FROM (
    SELECT
        user_id, first_name, last_name, gender, level,
        ROW_NUMBER() OVER (
            PARTITION BY user_id
            ORDER BY
                ts DESC NULLS LAST,
                session_id DESC NULLS LAST,
                item_in_session DESC NULLS LAST,
                log_date DESC NULLS LAST,
                copy_number NULLS LAST
        ) AS recency
    FROM staging.staging_events
    WHERE user_id IN (SELECT user_id FROM touched_users)
) AS event
WHERE recency = 1
