-- How far users go: how many took each step in a week, from being seen to paying and leaving; a step that nobody took has no row.
-- Key: week, step
-- Affected: funnel.week = CAST(DATE_TRUNC('week', changed.start_date) AS DATE)
WITH active AS (
    SELECT
        CAST(DATE_TRUNC('week', start_date) AS DATE) AS week, user_id, plays, upgrade_views, upgrades, downgrade_views,
        downgrades, cancellations, help_views, errors
    FROM ops.session_days
    WHERE CAST(DATE_TRUNC('week', start_date) AS DATE) IN (
        SELECT CAST(DATE_TRUNC('week', start_date) AS DATE) FROM ops.changed_days WHERE change > :change
    )
),
took AS (
    SELECT week, 'seen' AS step, 1 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active
    GROUP BY week
    UNION ALL
    SELECT week, 'played' AS step, 2 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active WHERE plays > 0
    GROUP BY week
    UNION ALL
    SELECT week, 'upgrade_page' AS step, 3 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active WHERE upgrade_views > 0
    GROUP BY week
    UNION ALL
    SELECT week, 'upgraded' AS step, 4 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active WHERE upgrades > 0
    GROUP BY week
    UNION ALL
    SELECT week, 'downgrade_page' AS step, 5 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active WHERE downgrade_views > 0
    GROUP BY week
    UNION ALL
    SELECT week, 'downgraded' AS step, 6 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active WHERE downgrades > 0
    GROUP BY week
    UNION ALL
    SELECT week, 'cancelled' AS step, 7 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active WHERE cancellations > 0
    GROUP BY week
    UNION ALL
    SELECT week, 'help' AS step, 8 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active WHERE help_views > 0
    GROUP BY week
    UNION ALL
    SELECT week, 'error' AS step, 9 AS step_number, COUNT(DISTINCT user_id) AS users
    FROM active WHERE errors > 0
    GROUP BY week
)
SELECT
    week,  -- DATE NOT NULL: Monday of the week, UTC.
    step,  -- VARCHAR(16) NOT NULL: seen (any event), played, upgrade_page (Upgrade), upgraded (Submit Upgrade), downgrade_page (Downgrade), downgraded (Submit Downgrade), cancelled (Cancellation Confirmation), help (Help) or error (a page view with a status from 400).
    step_number,  -- INTEGER NOT NULL: Place of the step, from 1: no user has to take them in this order.
    users,  -- BIGINT NOT NULL: Logged-in users who took the step in this week.
    CAST(users AS DOUBLE PRECISION) / MAX(users) OVER (PARTITION BY week) AS share_of_seen  -- DOUBLE PRECISION NOT NULL: Share of the users seen in this week, 0 to 1.
FROM took
