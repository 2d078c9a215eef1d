-- blocking: Each day has as many plays and page views together as events in staging, where an event delivered twice counts once.
WITH moment AS (
    SELECT start_date, session_id, item_in_session, ts, COUNT(*) AS records
    FROM audited_events
    GROUP BY start_date, session_id, item_in_session, ts
)
SELECT
    NVL(staged.start_date, published.start_date) AS start_date,
    NVL(staged.events, 0) AS events_in_staging,
    NVL(published.plays, 0) AS plays,
    NVL(published.page_views, 0) AS page_views
FROM (
    SELECT start_date, SUM(events) AS events
    FROM (
        SELECT start_date, COUNT(*) AS events
        FROM moment
        WHERE records = 1
        GROUP BY start_date
        UNION ALL
        -- Only records of the same item at the same moment can be the same event.
        SELECT start_date, COUNT(*) AS events
        FROM (
            SELECT DISTINCT
                event.start_date, event.user_id, event.session_id, event.item_in_session, event.ts,
                event.page || CHR(1) AS page
            FROM audited_events AS event
            JOIN moment
                ON moment.start_date = event.start_date
                AND moment.session_id = event.session_id
                AND moment.item_in_session = event.item_in_session
                AND moment.ts = event.ts
            WHERE moment.records > 1
        ) AS event
        GROUP BY start_date
    ) AS counted
    GROUP BY start_date
) AS staged
FULL JOIN (
    SELECT start_date, SUM(plays) AS plays, SUM(page_views) AS page_views
    FROM (
        SELECT CAST(start_time AS DATE) AS start_date, 1 AS plays, 0 AS page_views
        FROM audited_songplays
        UNION ALL
        SELECT CAST(start_time AS DATE) AS start_date, 0 AS plays, 1 AS page_views
        FROM audited_page_views
    ) AS event
    GROUP BY start_date
) AS published
    ON published.start_date = staged.start_date
WHERE NVL(staged.events, 0) <> NVL(published.plays, 0) + NVL(published.page_views, 0)
