-- What users did beside playing songs.
SELECT
    COUNT(*) AS page_views,  -- Page views: events of the app that are not plays, also of nobody logged in.
    COUNT(DISTINCT user_id) AS users,  -- Users with a page view; who is not logged in is none.
    NVL(SUM(CASE WHEN page || '.' = 'Submit Upgrade.' THEN 1 ELSE 0 END), 0) AS upgrades,  -- How often users upgraded (Submit Upgrade).
    NVL(SUM(CASE WHEN page || '.' = 'Submit Downgrade.' THEN 1 ELSE 0 END), 0) AS downgrades,  -- How often users downgraded (Submit Downgrade).
    NVL(SUM(CASE WHEN page || '.' = 'Cancellation Confirmation.' THEN 1 ELSE 0 END), 0) AS cancellations,  -- How often users left (Cancellation Confirmation).
    NVL(SUM(CASE WHEN page || '.' = 'Help.' THEN 1 ELSE 0 END), 0) AS help_views,  -- Views of Help.
    NVL(SUM(CASE WHEN status >= 400 THEN 1 ELSE 0 END), 0) AS errors,  -- Page views with a status from 400.
    COUNT(DISTINCT CASE WHEN status >= 400 THEN user_id END) AS users_with_errors  -- Users who met an error.
FROM viewed
