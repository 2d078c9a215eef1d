-- What the listeners did, day by day, UTC; a day without a play has no row.
SELECT
    play.day,  -- The day, UTC.
    SUM(play.plays) AS plays,  -- Plays of songs by users who were logged in, each once.
    COUNT(DISTINCT play.user_id) AS listeners,  -- Users who played something on this day.
    CAST(SUM(play.listened) AS DOUBLE PRECISION) / 100000 AS listening_seconds,  -- = insights.sessions.listening_seconds
    COUNT(DISTINCT CASE WHEN CAST(known.first_played AS DATE) = play.day THEN play.user_id END) AS new_listeners,  -- Listeners whose first play of all, whatever the filter, lies on this day.
    COUNT(DISTINCT CASE WHEN CAST(known.first_played AS DATE) < play.day THEN play.user_id END) AS returning_listeners,  -- Listeners who had played something before this day, whatever the filter.
    SUM(CASE WHEN play.is_paid = 1 THEN play.plays ELSE 0 END) AS paid_plays,  -- Plays by users while they paid.
    COUNT(DISTINCT CASE WHEN play.is_paid = 1 THEN play.user_id END) AS paying_listeners  -- Listeners who played something on this day while they paid.
FROM (
    SELECT
        start_date AS day, user_id,
        CASE WHEN level = 'paid' AND LEN(level) = 4 THEN 1 ELSE 0 END AS is_paid,
        COUNT(*) AS plays,
        -- Summed as integers, since a sum of doubles depends on their order.
        SUM(CASE WHEN length BETWEEN 0 AND 86400 THEN CAST(FLOOR(length * 100000 + 0.5) AS BIGINT) ELSE 0 END) AS listened
    FROM played
    GROUP BY start_date, user_id, CASE WHEN level = 'paid' AND LEN(level) = 4 THEN 1 ELSE 0 END
) AS play
LEFT JOIN insights.user_summary AS known
    ON known.user_id = play.user_id
GROUP BY play.day
ORDER BY play.day NULLS LAST
