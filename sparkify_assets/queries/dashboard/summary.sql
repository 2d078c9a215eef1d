-- What the listeners did.
SELECT
    NVL(SUM(play.plays), 0) AS plays,  -- Plays of songs by users who were logged in, each once.
    COUNT(DISTINCT play.user_id) AS listeners,  -- Users who played something.
    COUNT(DISTINCT play.session_id) AS sessions,  -- Sessions in which something was played.
    CAST(NVL(SUM(play.listened), 0) AS DOUBLE PRECISION) / 100000 AS listening_seconds,  -- = insights.sessions.listening_seconds
    COUNT(DISTINCT CASE WHEN CAST(known.first_played AS DATE) >= :first_day THEN play.user_id END) AS new_listeners,  -- Listeners whose first play of all, whatever the filter, lies in the period.
    COUNT(DISTINCT CASE WHEN CAST(known.first_played AS DATE) < :first_day THEN play.user_id END) AS returning_listeners,  -- Listeners who had played something before the period, whatever the filter.
    COUNT(DISTINCT CASE WHEN play.is_paid = 1 THEN play.user_id END) AS paying_listeners,  -- Listeners who played something while they paid.
    NVL(SUM(play.matched_plays), 0) AS matched_plays  -- = insights.song_popularity.matched_plays
FROM (
    SELECT
        user_id, session_id,
        CASE WHEN level = 'paid' AND LEN(level) = 4 THEN 1 ELSE 0 END AS is_paid,
        COUNT(*) AS plays,
        -- Summed as integers, since a sum of doubles depends on their order.
        SUM(CASE WHEN length BETWEEN 0 AND 86400 THEN CAST(FLOOR(length * 100000 + 0.5) AS BIGINT) ELSE 0 END) AS listened,
        COUNT(song_id) AS matched_plays
    FROM played
    GROUP BY user_id, session_id, CASE WHEN level = 'paid' AND LEN(level) = 4 THEN 1 ELSE 0 END
) AS play
LEFT JOIN insights.user_summary AS known
    ON known.user_id = play.user_id
