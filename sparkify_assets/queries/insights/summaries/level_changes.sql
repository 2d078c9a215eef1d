-- Changes of a user's level, by day: the first event of each day is one of them, as it may differ from the day before.
-- Key: start_date, user_id, event_number
-- Affected: level_changes.start_date = changed.start_date
WITH staged AS (
    SELECT
        start_date, user_id, level, start_time, ts, session_id, item_in_session, page, log_date, copy_number,
        -- Which delivery of an event counts: the latest log day, then the first copy.
        DATEDIFF(day, CAST('1900-01-01' AS DATE), log_date) * CAST(4294967296 AS BIGINT) - copy_number AS delivery
    FROM staging.staging_events
    WHERE user_id IS NOT NULL
        AND start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
),
repeated AS (
    SELECT user_id, session_id, item_in_session, ts, page, LEN(page) AS page_length, MAX(delivery) AS delivery
    FROM staged
    GROUP BY user_id, session_id, item_in_session, ts, page, LEN(page)
    HAVING COUNT(*) > 1
)
SELECT
    start_date,  -- DATE NOT NULL: The day, UTC.
    user_id,  -- INTEGER NOT NULL: The user.
    event_number,  -- BIGINT NOT NULL: Number of the event among those of the user on this day: it orders changes at the same moment.
    level,  -- VARCHAR(64) NOT NULL: free or paid, from this event on.
    start_time  -- TIMESTAMP NOT NULL: The moment, UTC.
FROM (
    SELECT
        staged.start_date,
        staged.user_id,
        staged.level,
        staged.start_time,
        ROW_NUMBER() OVER (
            PARTITION BY staged.user_id, staged.start_date
            ORDER BY staged.ts NULLS FIRST, staged.session_id NULLS FIRST, staged.item_in_session NULLS FIRST,
                staged.log_date NULLS FIRST, staged.copy_number DESC NULLS FIRST
        ) AS event_number,
        LAG(staged.level) OVER (
            PARTITION BY staged.user_id, staged.start_date
            ORDER BY staged.ts NULLS FIRST, staged.session_id NULLS FIRST, staged.item_in_session NULLS FIRST,
                staged.log_date NULLS FIRST, staged.copy_number DESC NULLS FIRST
        ) AS level_before
    FROM staged
    LEFT JOIN repeated
        ON repeated.user_id = staged.user_id
        AND repeated.session_id = staged.session_id
        AND repeated.item_in_session = staged.item_in_session
        AND repeated.ts = staged.ts
        AND repeated.page = staged.page AND repeated.page_length = LEN(staged.page)
    WHERE staged.level IS NOT NULL
        AND (repeated.delivery IS NULL OR repeated.delivery = staged.delivery)
) AS event
-- || CHR(1) makes trailing blanks count, which Redshift ignores when it compares texts.
WHERE level_before IS NULL
    OR level_before || CHR(1) <> level || CHR(1)
