-- How many people listen, and how much: by day, by week and by month; a period without plays has no row.
-- Key: period, starts_on
-- Affected: starts_on = CASE period
--     WHEN 'day' THEN changed.start_date
--     WHEN 'week' THEN CAST(DATE_TRUNC('week', changed.start_date) AS DATE)
--     ELSE CAST(DATE_TRUNC('month', changed.start_date) AS DATE)
-- END
WITH periods AS (
    SELECT 'day' AS period
    UNION ALL
    SELECT 'week' AS period
    UNION ALL
    SELECT 'month' AS period
),
calendar AS (
    SELECT
        day.start_date,
        periods.period,
        CASE periods.period
            WHEN 'day' THEN day.start_date
            WHEN 'week' THEN CAST(DATE_TRUNC('week', day.start_date) AS DATE)
            ELSE CAST(DATE_TRUNC('month', day.start_date) AS DATE)
        END AS starts_on
    FROM (SELECT DISTINCT start_date FROM ops.listening_hours) AS day
    CROSS JOIN periods
),
changed AS (
    SELECT DISTINCT
        periods.period,
        CASE periods.period
            WHEN 'day' THEN day.start_date
            WHEN 'week' THEN CAST(DATE_TRUNC('week', day.start_date) AS DATE)
            ELSE CAST(DATE_TRUNC('month', day.start_date) AS DATE)
        END AS starts_on
    FROM ops.changed_days AS day
    CROSS JOIN periods
    WHERE day.change > :change
)
SELECT
    calendar.period,  -- VARCHAR(8) NOT NULL: day, week (Monday to Sunday) or month.
    calendar.starts_on,  -- DATE NOT NULL: First day of the period, UTC.
    COUNT(DISTINCT play.user_id) AS active_users,  -- BIGINT NOT NULL: Users who played something.
    COUNT(DISTINCT play.session_id) AS sessions,  -- BIGINT NOT NULL: Sessions in which something was played.
    SUM(play.plays) AS plays,  -- BIGINT NOT NULL: Plays in the period.
    CAST(SUM(play.plays) AS DOUBLE PRECISION) / COUNT(DISTINCT play.user_id) AS plays_per_user,  -- DOUBLE PRECISION NOT NULL: Plays per active user.
    CAST(SUM(play.listened) AS DOUBLE PRECISION) / 100000 AS listening_seconds  -- DOUBLE PRECISION NOT NULL: Total length of the songs played, in seconds; a length of more than a day counts as 0.
FROM ops.listening_hours AS play
JOIN calendar
    ON calendar.start_date = play.start_date
JOIN changed
    ON changed.period = calendar.period AND changed.starts_on = calendar.starts_on
GROUP BY calendar.period, calendar.starts_on
