-- Every event that is not a play. Of one that was delivered more than once, one delivery counts: only these have to be
-- ordered.
-- LEN, || CHR(1): Redshift ignores blanks at the end of a text when it compares texts; here they count.
INSERT INTO sparkify.page_views (
    page_view_id, start_time, user_id, session_id, item_in_session, page, method, status, auth, level, location,
    user_agent, browser, start_date
)
WITH viewed AS (
    SELECT
        start_time, start_date, user_id, session_id, item_in_session, ts, page, method, status, auth, level, location,
        user_agent, log_date, copy_number
    FROM staging.staging_events
    WHERE NOT (page = 'NextSong' AND LEN(page) = 8 AND user_id IS NOT NULL)
        AND start_date BETWEEN :first_affected AND :last_affected
        AND start_date IN (SELECT start_date FROM affected_days)
),
repeated AS (
    SELECT session_id, item_in_session, ts
    FROM viewed
    GROUP BY session_id, item_in_session, ts
    HAVING COUNT(*) > 1
)
SELECT
    MD5(
        NVL(CAST(page_view.user_id AS VARCHAR), '') || '|' || CAST(page_view.session_id AS VARCHAR) || '|'
        || CAST(page_view.item_in_session AS VARCHAR) || '|' || CAST(page_view.ts AS VARCHAR) || '|' || page_view.page
    ) AS page_view_id,
    page_view.start_time,
    page_view.user_id,
    page_view.session_id,
    page_view.item_in_session,
    page_view.page,
    page_view.method,
    page_view.status,
    page_view.auth,
    page_view.level,
    page_view.location,
    page_view.user_agent,
    -- As in insert_songplays.sql.
    CASE
        WHEN page_view.user_agent LIKE '%Firefox/%' THEN 'Firefox'
        WHEN page_view.user_agent LIKE '% Edg%' THEN 'Edge'
        WHEN page_view.user_agent LIKE '% OPR/%' THEN 'Opera'
        WHEN page_view.user_agent LIKE '%Chrome/%' THEN 'Chrome'
        WHEN page_view.user_agent LIKE '%Opera%' THEN 'Opera'
        WHEN page_view.user_agent LIKE '%FxiOS/%' THEN 'Firefox'
        WHEN page_view.user_agent LIKE '%CriOS/%' THEN 'Chrome'
        WHEN page_view.user_agent LIKE '%MSIE %' OR page_view.user_agent LIKE '%Trident/%' THEN 'Internet Explorer'
        WHEN page_view.user_agent LIKE '%Safari/%' AND page_view.user_agent NOT LIKE '%Android%' THEN 'Safari'
        WHEN page_view.user_agent IS NOT NULL THEN 'Other'
    END AS browser,
    page_view.start_date
FROM (
    SELECT viewed.*, 1 AS delivery
    FROM viewed
    LEFT JOIN repeated
        ON repeated.session_id = viewed.session_id
        AND repeated.item_in_session = viewed.item_in_session
        AND repeated.ts = viewed.ts
    WHERE repeated.ts IS NULL
    UNION ALL
    SELECT
        viewed.*,
        ROW_NUMBER() OVER (
            PARTITION BY viewed.user_id, viewed.session_id, viewed.item_in_session, viewed.ts, viewed.page || CHR(1)
            ORDER BY viewed.log_date DESC NULLS LAST, viewed.copy_number NULLS LAST
        ) AS delivery
    FROM viewed
    JOIN repeated
        ON repeated.session_id = viewed.session_id
        AND repeated.item_in_session = viewed.item_in_session
        AND repeated.ts = viewed.ts
) AS page_view
WHERE page_view.delivery = 1
