-- Who is free and who pays: users and plays by day and level, how many switched to each level that day, and how many had registered. Every day from the first to the last log day has a row for each level of a registered user.
-- Key: day, level
WITH history AS (
    SELECT
        history.level,
        CAST(history.valid_from AS DATE) AS valid_from,
        CAST(history.valid_to AS DATE) AS valid_to,
        history.level_number,
        LAG(history.level) OVER (PARTITION BY history.user_id ORDER BY history.level_number NULLS LAST) AS level_before,
        CAST(listed.registered_at AS DATE) AS registered_on
    FROM insights.user_level_history AS history
    JOIN sparkify.users AS listed
        ON listed.user_id = history.user_id
),
-- By how many the registered users at a level change on a day: the first level also counts before its first event.
registered AS (
    SELECT day, level, SUM(change) AS change
    FROM (
        SELECT
            CASE WHEN level_number > 1 AND valid_from > registered_on THEN valid_from ELSE registered_on END AS day,
            level,
            1 AS change
        FROM history
        WHERE registered_on IS NOT NULL
        UNION ALL
        SELECT
            CASE WHEN valid_to > registered_on THEN valid_to ELSE registered_on END AS day,
            level,
            -1 AS change
        FROM history
        WHERE registered_on IS NOT NULL AND valid_to IS NOT NULL
    ) AS reached
    GROUP BY day, level, LEN(level)
),
counted AS (
    SELECT
        day, level, SUM(users) AS users, SUM(plays) AS plays, SUM(upgrades) AS upgrades, SUM(downgrades) AS downgrades,
        SUM(change) AS change, MAX(in_calendar) AS in_calendar
    FROM (
        SELECT
            start_date AS day, level, users, plays, 0 AS upgrades, 0 AS downgrades, 0 AS change, 0 AS in_calendar
        FROM ops.level_days
        UNION ALL
        SELECT
            valid_from AS day, level, 0 AS users, 0 AS plays,
            CASE WHEN level_before || '.' = 'free.' AND level || '.' = 'paid.' THEN 1 ELSE 0 END AS upgrades,
            CASE WHEN level_before || '.' = 'paid.' AND level || '.' = 'free.' THEN 1 ELSE 0 END AS downgrades,
            0 AS change, 0 AS in_calendar
        FROM history
        UNION ALL
        SELECT day, level, 0 AS users, 0 AS plays, 0 AS upgrades, 0 AS downgrades, change, 0 AS in_calendar
        FROM registered
        UNION ALL
        SELECT
            calendar.day, known.level, 0 AS users, 0 AS plays, 0 AS upgrades, 0 AS downgrades, 0 AS change,
            1 AS in_calendar
        FROM ops.calendar AS calendar
        CROSS JOIN (SELECT level FROM registered GROUP BY level, LEN(level)) AS known
    ) AS part
    GROUP BY day, level, LEN(level)
)
SELECT
    day,  -- DATE NOT NULL: The day, UTC.
    level,  -- VARCHAR(64): free or paid.
    users,  -- BIGINT NOT NULL: Users with an event at this level: who did something. Not how many there are.
    plays,  -- BIGINT NOT NULL: Plays at this level.
    upgrades,  -- BIGINT NOT NULL: If the level is paid: moves to it from free.
    downgrades,  -- BIGINT NOT NULL: If the level is free: moves to it from paid.
    registered_users  -- BIGINT NOT NULL: Users who had registered by the end of this day, at the level of their latest event by then, or of their first one; without users of whom the app logged no registration.
FROM (
    SELECT
        counted.*,
        -- || CHR(1) makes trailing blanks count, which Redshift ignores when it compares texts.
        SUM(change) OVER (
            PARTITION BY level || CHR(1) ORDER BY day NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS registered_users
    FROM counted
) AS known
WHERE users > 0
    OR (in_calendar = 1 AND registered_users > 0)
