-- What each user did by day and session, from which sessions, users and the funnel are summed up.
-- Key: start_date, session_id, user_id
-- Affected: session_days.start_date = changed.start_date
WITH event AS (
    SELECT
        start_date, session_id, user_id,
        MIN(start_time) AS started_at, MAX(start_time) AS ended_at,
        MIN(start_time) AS first_played, MAX(start_time) AS last_played,
        COUNT(songplay_id) AS plays, 0 AS page_views, '' AS page, 0 AS status,
        SUM(CASE WHEN length BETWEEN 0 AND 86400 THEN CAST(FLOOR(length * 100000 + 0.5) AS BIGINT) ELSE 0 END) AS listened
    FROM sparkify.songplays
    WHERE start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
    GROUP BY start_date, session_id, user_id
    UNION ALL
    -- || '.' makes trailing blanks count, which Redshift ignores when it compares texts.
    SELECT
        start_date, session_id, user_id,
        start_time AS started_at, start_time AS ended_at,
        CAST(NULL AS TIMESTAMP) AS first_played, CAST(NULL AS TIMESTAMP) AS last_played,
        0 AS plays, 1 AS page_views, page || '.' AS page, status,
        0 AS listened
    FROM sparkify.page_views
    WHERE user_id IS NOT NULL
        AND start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
),
counted AS (
    SELECT
        start_date, session_id, user_id,
        MIN(started_at) AS started_at,
        MAX(ended_at) AS ended_at,
        MIN(first_played) AS first_played,
        MAX(last_played) AS last_played,
        SUM(plays) AS plays,
        SUM(page_views) AS page_views,
        SUM(listened) AS listened,
        SUM(CASE WHEN page = 'Upgrade.' THEN 1 ELSE 0 END) AS upgrade_views,
        SUM(CASE WHEN page = 'Submit Upgrade.' THEN 1 ELSE 0 END) AS upgrades,
        SUM(CASE WHEN page = 'Downgrade.' THEN 1 ELSE 0 END) AS downgrade_views,
        SUM(CASE WHEN page = 'Submit Downgrade.' THEN 1 ELSE 0 END) AS downgrades,
        SUM(CASE WHEN page = 'Cancellation Confirmation.' THEN 1 ELSE 0 END) AS cancellations,
        SUM(CASE WHEN page = 'Help.' THEN 1 ELSE 0 END) AS help_views,
        SUM(CASE WHEN status >= 400 THEN 1 ELSE 0 END) AS errors,
        SUM(CASE WHEN page = 'Thumbs Up.' THEN 1 ELSE 0 END) AS thumbs_up,
        SUM(CASE WHEN page = 'Thumbs Down.' THEN 1 ELSE 0 END) AS thumbs_down,
        SUM(CASE WHEN page = 'Roll Advert.' THEN 1 ELSE 0 END) AS adverts
    FROM event
    GROUP BY start_date, session_id, user_id
),
-- The events at the first and at the last moment, in order: songplays does not have their place in the session.
edge AS (
    SELECT
        staged.start_date, staged.session_id, staged.user_id, staged.ts, staged.page, staged.level,
        ROW_NUMBER() OVER (
            PARTITION BY staged.start_date, staged.session_id, staged.user_id
            ORDER BY staged.ts NULLS LAST, staged.item_in_session NULLS LAST, staged.page || CHR(1) NULLS LAST,
                staged.log_date DESC NULLS LAST, staged.copy_number NULLS LAST
        ) AS from_first,
        ROW_NUMBER() OVER (
            PARTITION BY staged.start_date, staged.session_id, staged.user_id
            ORDER BY staged.ts DESC NULLS LAST, staged.item_in_session DESC NULLS LAST,
                staged.page || CHR(1) DESC NULLS LAST, staged.log_date DESC NULLS LAST, staged.copy_number NULLS LAST
        ) AS from_last
    FROM (
        SELECT start_date, session_id, user_id, started_at AS moment FROM counted
        UNION
        SELECT start_date, session_id, user_id, ended_at AS moment FROM counted
    ) AS of_session
    JOIN staging.staging_events AS staged
        ON staged.start_date = of_session.start_date
        AND staged.session_id = of_session.session_id
        AND staged.user_id = of_session.user_id
        AND staged.start_time = of_session.moment
    WHERE staged.start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
)
SELECT
    counted.start_date,  -- DATE NOT NULL: The day, UTC.
    counted.session_id,  -- BIGINT NOT NULL: The session.
    counted.user_id,  -- INTEGER NOT NULL: The user.
    first_event.level,  -- VARCHAR(64): The user's level at the first event.
    first_event.page AS first_page,  -- VARCHAR(64) NOT NULL: Page of the first event.
    last_event.page AS last_page,  -- VARCHAR(64) NOT NULL: Page of the last event.
    counted.started_at,  -- TIMESTAMP NOT NULL: Start of the first event, UTC.
    counted.ended_at,  -- TIMESTAMP NOT NULL: Start of the last event, UTC.
    first_event.ts AS first_ts,  -- BIGINT NOT NULL: The same as started_at, in milliseconds since 1970 UTC.
    last_event.ts AS last_ts,  -- BIGINT NOT NULL: The same as ended_at, in milliseconds since 1970 UTC.
    counted.first_played,  -- TIMESTAMP: Start of the first play, UTC.
    counted.last_played,  -- TIMESTAMP: Start of the last play, UTC.
    counted.plays,  -- BIGINT NOT NULL: Plays.
    counted.page_views,  -- BIGINT NOT NULL: Page views.
    counted.listened,  -- BIGINT NOT NULL: Length of the songs played, in 100,000ths of a second; a length below 0 or of more than a day counts as 0.
    counted.upgrade_views,  -- BIGINT NOT NULL: Views of Upgrade.
    counted.upgrades,  -- BIGINT NOT NULL: Submit Upgrade.
    counted.downgrade_views,  -- BIGINT NOT NULL: Views of Downgrade.
    counted.downgrades,  -- BIGINT NOT NULL: Submit Downgrade.
    counted.cancellations,  -- BIGINT NOT NULL: Cancellation Confirmation.
    counted.help_views,  -- BIGINT NOT NULL: Views of Help.
    counted.errors,  -- BIGINT NOT NULL: Page views with a status from 400.
    counted.thumbs_up,  -- BIGINT NOT NULL: Thumbs Up.
    counted.thumbs_down,  -- BIGINT NOT NULL: Thumbs Down.
    counted.adverts  -- BIGINT NOT NULL: Roll Advert.
FROM counted
JOIN edge AS first_event
    ON first_event.start_date = counted.start_date
    AND first_event.session_id = counted.session_id
    AND first_event.user_id = counted.user_id
    AND first_event.from_first = 1
JOIN edge AS last_event
    ON last_event.start_date = counted.start_date
    AND last_event.session_id = counted.session_id
    AND last_event.user_id = counted.user_id
    AND last_event.from_last = 1
