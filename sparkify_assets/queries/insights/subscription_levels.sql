-- Who is free and who pays: users and plays by day and level, and how many switched to each level that day.
-- Key: day, level
SELECT
    event.day,  -- DATE NOT NULL: The day, UTC.
    event.level,  -- VARCHAR(64): free or paid.
    SUM(event.users) AS users,  -- BIGINT NOT NULL: Users with an event at this level.
    SUM(event.plays) AS plays,  -- BIGINT NOT NULL: Plays at this level.
    SUM(CASE WHEN event.level_before || '.' = 'free.' AND event.level || '.' = 'paid.' THEN 1 ELSE 0 END) AS upgrades,  -- BIGINT NOT NULL: If the level is paid: moves to it from free.
    SUM(CASE WHEN event.level_before || '.' = 'paid.' AND event.level || '.' = 'free.' THEN 1 ELSE 0 END) AS downgrades  -- BIGINT NOT NULL: If the level is free: moves to it from paid.
FROM (
    SELECT start_date AS day, level, users, plays, CAST(NULL AS VARCHAR) AS level_before
    FROM ops.level_days
    UNION ALL
    SELECT
        CAST(valid_from AS DATE) AS day,
        level,
        0 AS users,
        0 AS plays,
        LAG(level) OVER (PARTITION BY user_id ORDER BY valid_from NULLS LAST) AS level_before
    FROM insights.user_level_history
) AS event
GROUP BY event.day, event.level, LEN(event.level)
