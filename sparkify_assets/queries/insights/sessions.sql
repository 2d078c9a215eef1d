-- What a session was like: a row for each user in a session, from their first to their last event in it. Who is not logged in is in no session.
-- Key: session_id, user_id
-- Affected: sessions.user_id = changed.user_id
--     AND sessions.ended_at >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
-- Affected: sessions.user_id = changed.user_id AND sessions.session_id IN (
--     SELECT session_id
--     FROM ops.session_days
--     WHERE start_date >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
-- )
SELECT
    session_id,  -- BIGINT NOT NULL: The session.
    user_id,  -- INTEGER NOT NULL: The user.
    MAX(CASE WHEN from_first = 1 THEN level END) AS level,  -- VARCHAR(64): free or paid, at the start of the session.
    MIN(started_at) AS started_at,  -- TIMESTAMP NOT NULL: Start of the first event, UTC.
    MAX(ended_at) AS ended_at,  -- TIMESTAMP NOT NULL: Start of the last event, UTC: how long its song or page lasted is not known.
    CAST(MAX(last_ts) - MIN(first_ts) AS DOUBLE PRECISION) / 1000 AS seconds,  -- DOUBLE PRECISION NOT NULL: Time between the two, in seconds; 0 for one event.
    SUM(plays + page_views) AS events,  -- BIGINT NOT NULL: Plays and page views.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays.
    SUM(page_views) AS page_views,  -- BIGINT NOT NULL: Page views.
    CAST(SUM(listened) AS DOUBLE PRECISION) / 100000 AS listening_seconds,  -- DOUBLE PRECISION NOT NULL: Total length of the songs played, in seconds; a length below 0 or of more than a day counts as 0.
    MAX(CASE WHEN from_first = 1 THEN first_page END) AS first_page,  -- VARCHAR(64) NOT NULL: Page of the first event; of several at that moment, the one with the smallest item_in_session.
    MAX(CASE WHEN from_last = 1 THEN last_page END) AS last_page,  -- VARCHAR(64) NOT NULL: Page of the last event; of several at that moment, the one with the greatest item_in_session.
    MIN(start_date) <> MAX(start_date) AS crosses_midnight  -- BOOLEAN NOT NULL: Whether the first and the last event lie on different days, UTC.
FROM (
    SELECT
        day.*,
        ROW_NUMBER() OVER (PARTITION BY day.session_id, day.user_id ORDER BY day.start_date NULLS LAST) AS from_first,
        ROW_NUMBER() OVER (PARTITION BY day.session_id, day.user_id ORDER BY day.start_date DESC NULLS LAST) AS from_last
    FROM ops.session_days AS day
    -- The rows that a change does not affect stay.
    LEFT JOIN insights.sessions AS kept
        ON kept.session_id = day.session_id AND kept.user_id = day.user_id
    WHERE kept.session_id IS NULL
        AND day.user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
) AS part
GROUP BY session_id, user_id
