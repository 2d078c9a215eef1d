-- The users whose rows have to be replaced. An affected user's latest event is either one of these log days, or the one in
-- sparkify.users. If that one lies in another day, or has not changed, the row stays. If it lay in these days and is gone,
-- is_staged is 0: the user has to be looked up in all of staging.
-- Each user's latest moment is found first, so that only the events at that moment have to be ordered.
-- || CHR(1): Redshift ignores blanks at the end of a text when it compares texts. NVL: a null differs from every text.
INSERT INTO affected_latest (
    user_id, first_name, last_name, gender, level, ts, session_id, item_in_session, log_date, copy_number, is_staged
)
SELECT
    user_id, first_name, last_name, gender, level, ts, session_id, item_in_session, log_date, copy_number, is_staged
FROM (
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
                is_staged DESC NULLS LAST
        ) AS recency
    FROM (
        SELECT
            event.user_id, event.first_name, event.last_name, event.gender, event.level,
            event.ts, event.session_id, event.item_in_session, event.log_date, event.copy_number,
            1 AS is_staged
        FROM staging.staging_events AS event
        JOIN (
            SELECT user_id, MAX(ts) AS ts
            FROM staging.staging_events
            WHERE log_date BETWEEN :first_day AND :last_day
                AND user_id IS NOT NULL
            GROUP BY user_id
        ) AS latest
            ON latest.user_id = event.user_id AND latest.ts = event.ts
        WHERE event.log_date BETWEEN :first_day AND :last_day
        UNION ALL
        SELECT
            user_id, first_name, last_name, gender, level,
            latest_ts, latest_session_id, latest_item_in_session, latest_log_date, latest_copy_number,
            0 AS is_staged
        FROM sparkify.users
        WHERE user_id IN (SELECT user_id FROM affected_users)
    ) AS candidate
) AS latest_event
WHERE recency = 1
    AND (is_staged = 1 OR log_date BETWEEN :first_day AND :last_day)
    AND NOT EXISTS (
        SELECT 1
        FROM sparkify.users AS published
        WHERE published.user_id = latest_event.user_id
            AND latest_event.is_staged = 1
            AND published.latest_ts = latest_event.ts
            AND published.latest_session_id = latest_event.session_id
            AND published.latest_item_in_session = latest_event.item_in_session
            AND published.latest_log_date = latest_event.log_date
            AND published.latest_copy_number = latest_event.copy_number
            AND NVL(published.first_name || CHR(1), '') = NVL(latest_event.first_name || CHR(1), '')
            AND NVL(published.last_name || CHR(1), '') = NVL(latest_event.last_name || CHR(1), '')
            AND NVL(published.gender || CHR(1), '') = NVL(latest_event.gender || CHR(1), '')
            AND NVL(published.level || CHR(1), '') = NVL(latest_event.level || CHR(1), '')
    )
