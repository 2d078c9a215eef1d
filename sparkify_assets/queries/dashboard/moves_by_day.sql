-- What users did beside playing songs, day by day, UTC; a day without a page view has no row.
SELECT
    start_date AS day,  -- The day, UTC.
    COUNT(*) AS page_views,  -- Page views: events of the app that are not plays, also of nobody logged in.
    SUM(CASE WHEN page || '.' = 'Submit Upgrade.' THEN 1 ELSE 0 END) AS upgrades,  -- How often users upgraded (Submit Upgrade).
    SUM(CASE WHEN page || '.' = 'Submit Downgrade.' THEN 1 ELSE 0 END) AS downgrades,  -- How often users downgraded (Submit Downgrade).
    SUM(CASE WHEN page || '.' = 'Cancellation Confirmation.' THEN 1 ELSE 0 END) AS cancellations,  -- How often users left (Cancellation Confirmation).
    SUM(CASE WHEN page || '.' = 'Help.' THEN 1 ELSE 0 END) AS help_views,  -- Views of Help.
    SUM(CASE WHEN status >= 400 THEN 1 ELSE 0 END) AS errors,  -- Page views with a status from 400.
    COUNT(DISTINCT CASE WHEN status >= 400 THEN user_id END) AS users_with_errors  -- Users who met an error on this day.
FROM viewed
GROUP BY start_date
ORDER BY start_date NULLS LAST
