-- Each user's levels by day: a row for the first level of the day, and one for every change.
-- Key: user_id, start_time
-- Affected: level_changes.start_date = changed.start_date
SELECT
    start_date,  -- DATE NOT NULL: The day, UTC.
    user_id,  -- INTEGER NOT NULL: The user.
    level,  -- VARCHAR(64) NOT NULL: free or paid.
    start_time  -- TIMESTAMP NOT NULL: The first event at this level, UTC.
FROM (
    SELECT
        start_date,
        user_id,
        level,
        start_time,
        LAG(level) OVER (PARTITION BY user_id, start_date ORDER BY start_time NULLS LAST) AS level_before
    FROM (
        -- Of events at the same moment, the one counts that also counts for sparkify.users.
        SELECT
            start_date,
            user_id,
            level,
            start_time,
            ROW_NUMBER() OVER (
                PARTITION BY user_id, ts
                ORDER BY
                    session_id DESC NULLS LAST,
                    item_in_session DESC NULLS LAST,
                    log_date DESC NULLS LAST,
                    copy_number NULLS LAST
            ) AS recency
        FROM staging.staging_events
        WHERE user_id IS NOT NULL
            AND level IS NOT NULL
            AND start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
    ) AS event
    WHERE recency = 1
) AS moment
-- || CHR(1) makes trailing blanks count, which Redshift ignores when it compares texts.
WHERE level_before IS NULL
    OR level_before || CHR(1) <> level || CHR(1)
