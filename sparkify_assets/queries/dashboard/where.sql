-- Places by plays, with the period before. A place is the metropolitan area that the app logged for the user.
WITH listener AS (
    SELECT location, user_id, COUNT(*) - COUNT(is_before) AS plays, COUNT(is_before) AS plays_before
    FROM compared
    -- The length separates places that differ only in trailing blanks, which Redshift takes for equal.
    GROUP BY location, LEN(location), user_id
),
counted AS (
    SELECT
        location,
        SUM(plays) AS plays,
        SUM(plays_before) AS plays_before,
        SUM(CASE WHEN plays > 0 THEN 1 ELSE 0 END) AS listeners,
        SUM(CASE WHEN plays_before > 0 THEN 1 ELSE 0 END) AS listeners_before,
        MAX(plays) AS top_listener_plays
    FROM listener
    GROUP BY location, LEN(location)
),
weighed AS (
    SELECT
        location, plays, plays_before, listeners, listeners_before, top_listener_plays,
        CASE
            WHEN :sort = 'plays' THEN plays
            WHEN :sort = 'before' THEN plays_before
            WHEN :sort = 'listeners' THEN listeners
            WHEN :sort = 'rise' THEN plays - plays_before
            WHEN :sort = 'fall' THEN plays_before - plays
            WHEN :sort = 'stopped' AND plays = 0 THEN plays_before
            WHEN :sort = 'new' AND plays_before = 0 THEN plays
            WHEN :sort IN ('stopped', 'new') THEN 0
            WHEN plays > plays_before THEN plays - plays_before
            ELSE plays_before - plays
        END AS weight
    FROM counted
)
SELECT
    location,  -- = insights.location_activity.location
    plays,  -- = insights.location_activity.plays
    plays_before,  -- Plays by users of this place in the period before.
    listeners,  -- = insights.location_activity.listeners
    listeners_before,  -- Users who played something there in the period before.
    top_listener_plays,  -- = insights.location_activity.top_listener_plays
    COUNT(*) OVER () AS total  -- All places in this order: those that are cut off, too.
FROM weighed
WHERE weight > 0
ORDER BY weight DESC NULLS LAST, plays DESC NULLS LAST, plays_before DESC NULLS LAST, location || CHR(1) NULLS LAST
LIMIT :most OFFSET :skipped
