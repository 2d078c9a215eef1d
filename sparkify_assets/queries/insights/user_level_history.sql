-- Each user's levels over time: a row for the first level, and one for every change.
-- Key: user_id, level_number
-- Affected: user_level_history.user_id = changed.user_id
SELECT
    user_id,  -- INTEGER NOT NULL: The user.
    level,  -- VARCHAR(64) NOT NULL: free or paid.
    start_time AS valid_from,  -- TIMESTAMP NOT NULL: The first event at this level, UTC.
    LEAD(start_time) OVER (PARTITION BY user_id ORDER BY start_time NULLS LAST, event_number NULLS LAST) AS valid_to,  -- TIMESTAMP: The first event at the next level, UTC; null for the latest level. It equals valid_from where the level changed again at the same moment.
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY start_time NULLS LAST, event_number NULLS LAST) AS level_number  -- BIGINT NOT NULL: 1 for the user's first level, 2 for the next. Of events at the same moment, that with the greater session and item comes later.
FROM (
    SELECT
        user_id,
        level,
        start_time,
        event_number,
        LAG(level) OVER (PARTITION BY user_id ORDER BY start_time NULLS LAST, event_number NULLS LAST) AS level_before
    FROM ops.level_changes
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
) AS moment
-- || CHR(1) makes trailing blanks count, which Redshift ignores when it compares texts.
WHERE level_before IS NULL
    OR level_before || CHR(1) <> level || CHR(1)
