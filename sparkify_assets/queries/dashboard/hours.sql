-- When people listen, UTC: plays by weekday and hour; an hour without a play has no row.
SELECT
    CASE WHEN EXTRACT(dow FROM start_date) = 0 THEN 7 ELSE EXTRACT(dow FROM start_date) END AS weekday,  -- = insights.peak_usage.weekday
    EXTRACT(hour FROM start_time) AS hour,  -- = insights.peak_usage.hour
    COUNT(*) AS plays,  -- = insights.peak_usage.plays
    COUNT(DISTINCT user_id) AS listeners,  -- = insights.peak_usage.listeners
    COUNT(DISTINCT start_date) AS days_with_plays  -- = insights.peak_usage.days_with_plays
FROM played
GROUP BY
    CASE WHEN EXTRACT(dow FROM start_date) = 0 THEN 7 ELSE EXTRACT(dow FROM start_date) END,
    EXTRACT(hour FROM start_time)
ORDER BY weekday NULLS LAST, hour NULLS LAST
