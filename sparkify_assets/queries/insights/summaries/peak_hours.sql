-- Plays by weekday and hour, over all days.
-- Key: weekday, hour
-- Affected: peak_hours.weekday = CASE WHEN EXTRACT(dow FROM changed.start_date) = 0 THEN 7 ELSE EXTRACT(dow FROM changed.start_date) END
SELECT
    weekday,  -- INTEGER NOT NULL: ISO weekday, Monday = 1 to Sunday = 7.
    hour,  -- INTEGER NOT NULL: Hour of the day, 0 to 23.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays that began in this hour of this weekday.
    COUNT(DISTINCT user_id) AS listeners,  -- BIGINT NOT NULL: Users who played something then.
    COUNT(DISTINCT start_date) AS days_with_plays  -- BIGINT NOT NULL: Days on which somebody played something then.
FROM (
    SELECT
        CASE WHEN EXTRACT(dow FROM start_date) = 0 THEN 7 ELSE EXTRACT(dow FROM start_date) END AS weekday,
        hour, user_id, start_date, plays
    FROM ops.listening_hours
) AS moment
WHERE weekday IN (
    SELECT CASE WHEN EXTRACT(dow FROM start_date) = 0 THEN 7 ELSE EXTRACT(dow FROM start_date) END
    FROM ops.changed_days
    WHERE change > :change
)
GROUP BY weekday, hour
