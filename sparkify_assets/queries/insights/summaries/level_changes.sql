-- Moments at which a user's level may have changed, by day: the first event of each day is one of them.
-- Key: user_id, start_time
-- Affected: level_changes.start_date = changed.start_date
SELECT
    start_date,  -- DATE NOT NULL: The day, UTC.
    user_id,  -- INTEGER NOT NULL: The user.
    level,  -- VARCHAR(64) NOT NULL: free or paid, from this moment on.
    start_time  -- TIMESTAMP NOT NULL: The moment, UTC.
FROM (
    SELECT
        start_date,
        user_id,
        level,
        start_time,
        ts,
        LAG(ts) OVER (
            PARTITION BY user_id, start_date
            ORDER BY ts NULLS FIRST, session_id NULLS FIRST, item_in_session NULLS FIRST, log_date NULLS FIRST,
                copy_number DESC NULLS FIRST
        ) AS ts_before,
        LEAD(ts) OVER (
            PARTITION BY user_id, start_date
            ORDER BY ts NULLS FIRST, session_id NULLS FIRST, item_in_session NULLS FIRST, log_date NULLS FIRST,
                copy_number DESC NULLS FIRST
        ) AS ts_after,
        LAG(level) OVER (
            PARTITION BY user_id, start_date
            ORDER BY ts NULLS FIRST, session_id NULLS FIRST, item_in_session NULLS FIRST, log_date NULLS FIRST,
                copy_number DESC NULLS FIRST
        ) AS level_before
    FROM staging.staging_events
    WHERE user_id IS NOT NULL
        AND level IS NOT NULL
        AND start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
) AS event
-- Of events at the same moment, the last one counts, as it does for sparkify.users: those before it say nothing.
-- || CHR(1) makes trailing blanks count, which Redshift ignores when it compares texts.
WHERE (ts_after IS NULL OR ts_after <> ts)
    AND (level_before IS NULL OR ts_before = ts OR level_before || CHR(1) <> level || CHR(1))
