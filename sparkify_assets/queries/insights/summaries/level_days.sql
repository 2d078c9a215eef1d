-- Users and plays by day and level.
-- Key: start_date, level
-- Affected: level_days.start_date = changed.start_date
SELECT
    event.start_date,  -- DATE NOT NULL: The day, UTC.
    event.level,  -- VARCHAR(64): free or paid.
    COUNT(DISTINCT event.user_id) AS users,  -- BIGINT NOT NULL: Users with an event at this level.
    COUNT(event.songplay_id) AS plays  -- BIGINT NOT NULL: Plays at this level.
FROM (
    SELECT start_date, level, user_id, songplay_id
    FROM sparkify.songplays
    WHERE start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
    UNION ALL
    SELECT start_date, level, user_id, NULL AS songplay_id
    FROM sparkify.page_views
    WHERE user_id IS NOT NULL
        AND start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
) AS event
GROUP BY event.start_date, event.level, LEN(event.level)
