-- How far users go: how many took each step; a user can take them in any order.
SELECT
    step.step,  -- = insights.funnel.step
    step.step_number,  -- = insights.funnel.step_number
    COUNT(*) AS users  -- Logged-in users who took the step in the period.
FROM (
    SELECT
        user_id,
        SUM(plays) AS plays,
        SUM(CASE WHEN page = 'Upgrade.' THEN 1 ELSE 0 END) AS upgrade_views,
        SUM(CASE WHEN page = 'Submit Upgrade.' THEN 1 ELSE 0 END) AS upgrades,
        SUM(CASE WHEN page = 'Downgrade.' THEN 1 ELSE 0 END) AS downgrade_views,
        SUM(CASE WHEN page = 'Submit Downgrade.' THEN 1 ELSE 0 END) AS downgrades,
        SUM(CASE WHEN page = 'Cancellation Confirmation.' THEN 1 ELSE 0 END) AS cancellations,
        SUM(CASE WHEN page = 'Help.' THEN 1 ELSE 0 END) AS help_views,
        SUM(CASE WHEN status >= 400 THEN 1 ELSE 0 END) AS errors
    FROM (
        SELECT user_id, COUNT(*) AS plays, '' AS page, 0 AS status
        FROM played
        GROUP BY user_id
        UNION ALL
        SELECT user_id, 0 AS plays, page || '.' AS page, status
        FROM viewed
        WHERE user_id IS NOT NULL
    ) AS event
    GROUP BY user_id
) AS seen
JOIN (
    SELECT 'seen' AS step, 1 AS step_number
    UNION ALL SELECT 'played' AS step, 2 AS step_number
    UNION ALL SELECT 'upgrade_page' AS step, 3 AS step_number
    UNION ALL SELECT 'upgraded' AS step, 4 AS step_number
    UNION ALL SELECT 'downgrade_page' AS step, 5 AS step_number
    UNION ALL SELECT 'downgraded' AS step, 6 AS step_number
    UNION ALL SELECT 'cancelled' AS step, 7 AS step_number
    UNION ALL SELECT 'help' AS step, 8 AS step_number
    UNION ALL SELECT 'error' AS step, 9 AS step_number
) AS step
    ON step.step_number = 1
    OR (step.step_number = 2 AND seen.plays > 0)
    OR (step.step_number = 3 AND seen.upgrade_views > 0)
    OR (step.step_number = 4 AND seen.upgrades > 0)
    OR (step.step_number = 5 AND seen.downgrade_views > 0)
    OR (step.step_number = 6 AND seen.downgrades > 0)
    OR (step.step_number = 7 AND seen.cancellations > 0)
    OR (step.step_number = 8 AND seen.help_views > 0)
    OR (step.step_number = 9 AND seen.errors > 0)
GROUP BY step.step, step.step_number
ORDER BY step.step_number NULLS LAST
