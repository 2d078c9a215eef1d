-- Who comes back: users grouped by the week of their first play, and how many of them came back later; a week in which none of them played has no row.
-- Key: cohort_week, weeks_later
WITH active AS (
    SELECT DISTINCT user_id, CAST(DATE_TRUNC('week', start_date) AS DATE) AS week
    FROM ops.listening_hours
),
cohort AS (
    SELECT user_id, MIN(week) AS cohort_week
    FROM active
    GROUP BY user_id
),
size AS (
    SELECT cohort_week, COUNT(user_id) AS users
    FROM cohort
    GROUP BY cohort_week
)
SELECT
    size.cohort_week,  -- DATE NOT NULL: Monday of the week in which these users played something for the first time.
    DATEDIFF(day, size.cohort_week, active.week) / 7 AS weeks_later,  -- INTEGER NOT NULL: Number of weeks after that week; 0 is the week itself.
    size.users AS cohort_users,  -- BIGINT NOT NULL: Users in the cohort.
    COUNT(active.user_id) AS active_users,  -- BIGINT NOT NULL: Users of the cohort who played something in the later week.
    CAST(COUNT(active.user_id) AS DOUBLE PRECISION) / size.users AS retained  -- DOUBLE PRECISION NOT NULL: Share of the cohort that played something in the later week.
FROM active
JOIN cohort
    ON cohort.user_id = active.user_id
JOIN size
    ON size.cohort_week = cohort.cohort_week
GROUP BY size.cohort_week, active.week, size.users
