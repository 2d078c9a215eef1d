-- The places where most is played. CHR(1): blanks at the end of a text count.
SELECT rank, location, plays, listeners, sessions
FROM insights.location_activity
ORDER BY plays DESC NULLS LAST, location || CHR(1) NULLS LAST
LIMIT 50
