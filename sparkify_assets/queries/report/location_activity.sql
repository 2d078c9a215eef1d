-- The places with the most listeners. CHR(1) makes trailing blanks count.
SELECT rank, location, listeners, plays, sessions, top_listener_plays
FROM insights.location_activity
ORDER BY listeners DESC NULLS LAST, plays DESC NULLS LAST, location || CHR(1) NULLS LAST
LIMIT 50
