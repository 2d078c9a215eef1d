-- How many people listen, how much, and how much of it the most active ten make: by day, by week and by month; a period without plays has no row.
-- Key: period, starts_on
-- Affected: user_activity.starts_on = changed.start_date AND user_activity.period = 'day'
-- Affected: user_activity.starts_on = CAST(DATE_TRUNC('week', changed.start_date) AS DATE) AND user_activity.period = 'week'
-- Affected: user_activity.starts_on = CAST(DATE_TRUNC('month', changed.start_date) AS DATE) AND user_activity.period = 'month'
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
),
played AS (
    SELECT
        calendar.period, calendar.starts_on, play.user_id, play.session_id, play.plays, play.listened,
        play.lengths_left_out
    FROM ops.listening_hours AS play
    JOIN calendar
        ON calendar.start_date = play.start_date
    JOIN changed
        ON changed.period = calendar.period AND changed.starts_on = calendar.starts_on
),
most_active AS (
    SELECT period, starts_on, SUM(plays) AS plays
    FROM (
        SELECT
            period, starts_on, SUM(plays) AS plays,
            ROW_NUMBER() OVER (
                PARTITION BY period, starts_on ORDER BY SUM(plays) DESC NULLS LAST, user_id NULLS LAST
            ) AS place
        FROM played
        GROUP BY period, starts_on, user_id
    ) AS listener
    WHERE place <= 10
    GROUP BY period, starts_on
)
SELECT
    played.period,  -- VARCHAR(8) NOT NULL: day, week (Monday to Sunday) or month.
    played.starts_on,  -- DATE NOT NULL: First day of the period, UTC.
    COUNT(DISTINCT played.user_id) AS active_users,  -- BIGINT NOT NULL: Users who played something.
    COUNT(DISTINCT played.session_id) AS sessions,  -- BIGINT NOT NULL: Sessions in which something was played.
    SUM(played.plays) AS plays,  -- BIGINT NOT NULL: Plays in the period.
    CAST(SUM(played.plays) AS DOUBLE PRECISION) / COUNT(DISTINCT played.user_id) AS plays_per_user,  -- DOUBLE PRECISION NOT NULL: Plays per active user.
    CAST(SUM(played.listened) AS DOUBLE PRECISION) / 100000 AS listening_seconds,  -- DOUBLE PRECISION NOT NULL: Total length of the songs played, in seconds, without lengths_left_out.
    CAST(most_active.plays AS DOUBLE PRECISION) / SUM(played.plays) AS top_ten_share,  -- DOUBLE PRECISION NOT NULL: Share of the plays by the ten users who played most in the period, 0 to 1: how concentrated the plays are.
    SUM(played.lengths_left_out) AS lengths_left_out  -- BIGINT NOT NULL: Plays with a length below 0 or of more than a day, which listening_seconds leaves out.
FROM played
JOIN most_active
    ON most_active.period = played.period AND most_active.starts_on = played.starts_on
GROUP BY played.period, played.starts_on, most_active.plays
