-- blocking: Each day has as many plays and page views together as events in staging, where an event delivered twice counts once.
SELECT
    NVL(staged.start_date, published.start_date) AS start_date,
    NVL(staged.events, 0) AS events_in_staging,
    NVL(published.plays, 0) AS plays,
    NVL(published.page_views, 0) AS page_views
FROM (
    SELECT start_date, COUNT(*) AS events
    FROM (
        SELECT DISTINCT start_date, user_id, session_id, item_in_session, ts, page || CHR(1) AS page
        FROM audited_events
    ) AS event
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
