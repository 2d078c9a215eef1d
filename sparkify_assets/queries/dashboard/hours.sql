-- When people listen, UTC: plays by weekday and hour; an hour without a play has no row.
SELECT
    weekday,  -- = insights.peak_usage.weekday
    hour,  -- = insights.peak_usage.hour
    SUM(plays) AS plays,  -- = insights.peak_usage.plays
    COUNT(DISTINCT user_id) AS listeners,  -- = insights.peak_usage.listeners
    COUNT(DISTINCT start_date) AS days_with_plays  -- = insights.peak_usage.days_with_plays
FROM (
    SELECT
        CASE WHEN EXTRACT(dow FROM start_date) = 0 THEN 7 ELSE EXTRACT(dow FROM start_date) END AS weekday,
        EXTRACT(hour FROM start_time) AS hour,
        start_date, user_id, COUNT(*) AS plays
    FROM played
    GROUP BY start_date, EXTRACT(hour FROM start_time), user_id
) AS listener
GROUP BY weekday, hour
ORDER BY weekday NULLS LAST, hour NULLS LAST
