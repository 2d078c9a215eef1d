-- Changes of a user's level, by day: the first event of each day is one of them, as it may differ from the day before.
-- Key: start_date, user_id, event_number
-- Affected: level_changes.start_date = changed.start_date
WITH one_level AS (
    -- On most days a user has one level: then the first event is all there is, and nothing has to be put in order.
    SELECT start_date, user_id, MIN(level) AS level, MIN(start_time) AS start_time
    FROM staging.staging_events
    WHERE user_id IS NOT NULL
        AND start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
    GROUP BY start_date, user_id
    -- || CHR(1) makes trailing blanks count, which Redshift ignores when it compares texts.
    HAVING MIN(level || CHR(1)) = MAX(level || CHR(1))
        AND COUNT(level) = COUNT(*)
),
staged AS (
    SELECT
        event.start_date, event.user_id, event.level, event.start_time, event.ts, event.session_id,
        event.item_in_session, event.page, event.log_date, event.copy_number,
        -- Which delivery of an event counts: the latest log day, then the first copy.
        DATEDIFF(day, CAST('1900-01-01' AS DATE), event.log_date) * CAST(4294967296 AS BIGINT) - event.copy_number
            AS delivery
    FROM staging.staging_events AS event
    LEFT JOIN one_level
        ON one_level.start_date = event.start_date AND one_level.user_id = event.user_id
    WHERE event.user_id IS NOT NULL
        AND one_level.user_id IS NULL
        AND event.start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
),
-- Only events that may have been delivered more than once have to be compared with their page.
repeated AS (
    SELECT session_id, item_in_session, ts
    FROM staged
    GROUP BY session_id, item_in_session, ts
    HAVING COUNT(*) > 1
),
event AS (
    SELECT staged.*, staged.delivery AS latest_delivery
    FROM staged
    LEFT JOIN repeated
        ON repeated.session_id = staged.session_id
        AND repeated.item_in_session = staged.item_in_session
        AND repeated.ts = staged.ts
    WHERE repeated.ts IS NULL
    UNION ALL
    SELECT
        staged.*,
        MAX(staged.delivery) OVER (
            PARTITION BY staged.user_id, staged.session_id, staged.item_in_session, staged.ts, staged.page || CHR(1)
        ) AS latest_delivery
    FROM staged
    JOIN repeated
        ON repeated.session_id = staged.session_id
        AND repeated.item_in_session = staged.item_in_session
        AND repeated.ts = staged.ts
)
SELECT
    start_date,  -- DATE NOT NULL: The day, UTC.
    user_id,  -- INTEGER NOT NULL: The user.
    event_number,  -- BIGINT NOT NULL: Number of the event among those of the user on this day: it orders changes at the same moment.
    level,  -- VARCHAR(64) NOT NULL: free or paid, from this event on.
    start_time  -- TIMESTAMP NOT NULL: The moment, UTC.
FROM (
    SELECT start_date, user_id, 1 AS event_number, level, start_time, CAST(NULL AS VARCHAR) AS level_before
    FROM one_level
    UNION ALL
    SELECT start_date, user_id, event_number, level, start_time, level_before
    FROM (
        SELECT
            start_date,
            user_id,
            level,
            start_time,
            ROW_NUMBER() OVER (
                PARTITION BY user_id, start_date
                ORDER BY ts NULLS FIRST, session_id NULLS FIRST, item_in_session NULLS FIRST,
                    log_date NULLS FIRST, copy_number DESC NULLS FIRST
            ) AS event_number,
            LAG(level) OVER (
                PARTITION BY user_id, start_date
                ORDER BY ts NULLS FIRST, session_id NULLS FIRST, item_in_session NULLS FIRST,
                    log_date NULLS FIRST, copy_number DESC NULLS FIRST
            ) AS level_before
        FROM event
        WHERE level IS NOT NULL
            AND delivery = latest_delivery
    ) AS ordered
) AS numbered
-- || CHR(1) makes trailing blanks count, as above.
WHERE level_before IS NULL
    OR level_before || CHR(1) <> level || CHR(1)
