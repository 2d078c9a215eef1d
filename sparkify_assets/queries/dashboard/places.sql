-- Where people have listened so far, on any day: what can be chosen as a place.
SELECT
    location,  -- = sparkify.songplays.location
    listeners,  -- = insights.location_activity.listeners
    plays  -- = insights.location_activity.plays
FROM insights.location_activity
WHERE location IS NOT NULL
ORDER BY listeners DESC NULLS LAST, plays DESC NULLS LAST, location || CHR(1) NULLS LAST
LIMIT :most
