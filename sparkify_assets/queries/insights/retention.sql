-- Who comes back: users grouped by the week in which they registered, and how many of them played something in each week since; a week without a play is a row with 0.
-- Key: cohort_week, weeks_later
WITH loaded AS (
    SELECT MIN(day) AS first_day
    FROM ops.calendar
),
cohort AS (
    SELECT
        listed.user_id,
        CASE
            WHEN CAST(listed.registered_at AS DATE) >= loaded.first_day
                THEN CAST(DATE_TRUNC('week', listed.registered_at) AS DATE)
        END AS cohort_week,
        CASE
            WHEN CAST(listed.registered_at AS DATE) >= loaded.first_day
                THEN CAST(DATE_TRUNC('week', listed.registered_at) AS DATE)
            ELSE CAST(DATE_TRUNC('week', loaded.first_day) AS DATE)
        END AS first_week
    FROM sparkify.users AS listed
    CROSS JOIN loaded
    WHERE listed.registered_at IS NOT NULL
),
size AS (
    SELECT cohort_week, first_week, COUNT(user_id) AS users
    FROM cohort
    GROUP BY cohort_week, first_week
),
part AS (
    -- Every cohort has its first week, and every week of the calendar since.
    SELECT cohort_week, first_week, first_week AS week, users, 0 AS active_users
    FROM size
    UNION ALL
    SELECT size.cohort_week, size.first_week, calendar.week, size.users, 0 AS active_users
    FROM size
    JOIN (SELECT DISTINCT CAST(DATE_TRUNC('week', day) AS DATE) AS week FROM ops.calendar) AS calendar
        ON calendar.week > size.first_week
    UNION ALL
    SELECT cohort.cohort_week, cohort.first_week, active.week, 0 AS users, COUNT(*) AS active_users
    FROM cohort
    JOIN (
        SELECT DISTINCT user_id, CAST(DATE_TRUNC('week', start_date) AS DATE) AS week
        FROM ops.listening_hours
    ) AS active
        ON active.user_id = cohort.user_id
    GROUP BY cohort.cohort_week, cohort.first_week, active.week
),
counted AS (
    SELECT cohort_week, first_week, week, SUM(active_users) AS active_users
    FROM part
    GROUP BY cohort_week, first_week, week
)
SELECT
    counted.cohort_week,  -- DATE: Monday of the week in which these users registered, UTC; null for all who registered before the first log day.
    DATEDIFF(day, counted.first_week, counted.week) / 7 AS weeks_later,  -- INTEGER NOT NULL: Number of weeks after that week; 0 is the week itself. For those who registered before, weeks after the week of the first log day. Below 0 for plays before the registration.
    size.users AS cohort_users,  -- BIGINT NOT NULL: Users in the cohort, whether or not they ever played something.
    counted.active_users,  -- BIGINT NOT NULL: Users of the cohort who played something in the later week.
    CAST(counted.active_users AS DOUBLE PRECISION) / size.users AS retained,  -- DOUBLE PRECISION NOT NULL: Share of the cohort that played something in the later week.
    (SELECT COUNT(*) FROM sparkify.users WHERE registered_at IS NULL) AS users_left_out  -- BIGINT NOT NULL: All users of whom the app logged no registration: they are in no cohort. The same in every row.
FROM counted
JOIN size
    ON size.first_week = counted.first_week
    AND NVL(size.cohort_week, CAST('0001-01-01' AS DATE)) = NVL(counted.cohort_week, CAST('0001-01-01' AS DATE))
