-- The places with the most plays. CHR(1) makes trailing blanks count.
SELECT rank, location, plays, listeners, sessions
FROM insights.location_activity
ORDER BY plays DESC NULLS LAST, location || CHR(1) NULLS LAST
LIMIT 50
