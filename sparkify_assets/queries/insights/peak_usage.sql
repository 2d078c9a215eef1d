-- When people listen: plays by weekday and hour, UTC, and how many there are on a day; an hour without plays has no row.
-- Key: weekday, hour
SELECT
    moment.weekday,  -- INTEGER NOT NULL: ISO weekday, Monday = 1 to Sunday = 7.
    moment.hour,  -- INTEGER NOT NULL: Hour of the day, 0 to 23.
    moment.plays,  -- BIGINT NOT NULL: Plays that began in this hour of this weekday.
    moment.listeners,  -- BIGINT NOT NULL: Users who played something then.
    moment.days_with_plays,  -- BIGINT NOT NULL: Days on which somebody played something then.
    NVL(loaded.days, 0) AS days_in_range,  -- BIGINT NOT NULL: How often this weekday lies between the first and the last loaded log day, both included.
    CAST(moment.plays AS DOUBLE PRECISION) / loaded.days AS plays_per_day  -- DOUBLE PRECISION: plays by days_in_range: compare hours by this one, as some weekdays come more often than others; null if all plays lie outside the range.
FROM ops.peak_hours AS moment
LEFT JOIN (
    SELECT
        CASE WHEN EXTRACT(dow FROM day) = 0 THEN 7 ELSE EXTRACT(dow FROM day) END AS weekday,
        COUNT(day) AS days
    FROM ops.calendar
    GROUP BY CASE WHEN EXTRACT(dow FROM day) = 0 THEN 7 ELSE EXTRACT(dow FROM day) END
) AS loaded
    ON loaded.weekday = moment.weekday
