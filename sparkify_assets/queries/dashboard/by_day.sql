-- What the listeners did, day by day, UTC; a day without a play has no row.
SELECT
    play.start_date AS day,  -- The day, UTC.
    COUNT(*) AS plays,  -- Plays of songs by users who were logged in, each once.
    COUNT(DISTINCT play.user_id) AS listeners,  -- Users who played something on this day.
    CAST(
        SUM(CASE WHEN play.length BETWEEN 0 AND 86400 THEN CAST(FLOOR(play.length * 100000 + 0.5) AS BIGINT) ELSE 0 END)
        AS DOUBLE PRECISION
    ) / 100000 AS listening_seconds,  -- = insights.user_activity.listening_seconds
    COUNT(DISTINCT CASE WHEN CAST(known.first_played AS DATE) = play.start_date THEN play.user_id END) AS new_listeners,  -- Listeners whose first play of all, whatever the filter, lies on this day.
    COUNT(DISTINCT CASE WHEN CAST(known.first_played AS DATE) < play.start_date THEN play.user_id END) AS returning_listeners,  -- Listeners who had played something before this day, whatever the filter.
    SUM(CASE WHEN play.level || '.' = 'paid.' THEN 1 ELSE 0 END) AS paid_plays,  -- Plays by users while they paid.
    COUNT(DISTINCT CASE WHEN play.level || '.' = 'paid.' THEN play.user_id END) AS paying_listeners  -- Listeners who played something on this day while they paid.
FROM played AS play
LEFT JOIN insights.user_summary AS known
    ON known.user_id = play.user_id
GROUP BY play.start_date
ORDER BY play.start_date NULLS LAST
