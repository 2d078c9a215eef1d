-- When people listen: plays by weekday and hour, UTC; an hour without plays has no row.
-- Key: weekday, hour
-- Affected: weekday = CASE WHEN EXTRACT(dow FROM changed.start_date) = 0 THEN 7 ELSE EXTRACT(dow FROM changed.start_date) END
SELECT
    moment.weekday,  -- INTEGER NOT NULL: ISO weekday, Monday = 1 to Sunday = 7.
    moment.hour,  -- INTEGER NOT NULL: Hour of the day, 0 to 23.
    COUNT(play.songplay_id) AS plays,  -- BIGINT NOT NULL: Plays that began in this hour of this weekday.
    COUNT(DISTINCT play.user_id) AS listeners,  -- BIGINT NOT NULL: Users who played something then.
    COUNT(DISTINCT play.start_date) AS days  -- BIGINT NOT NULL: Days on which somebody played something then.
FROM sparkify.songplays AS play
JOIN sparkify.time AS moment
    ON moment.start_time = play.start_time
WHERE moment.weekday IN (
    SELECT CASE WHEN EXTRACT(dow FROM start_date) = 0 THEN 7 ELSE EXTRACT(dow FROM start_date) END
    FROM ops.changed_days
    WHERE change > :change
)
GROUP BY moment.weekday, moment.hour
