-- Where people listen most, and how many they are.
SELECT location, COUNT(*) AS plays, COUNT(DISTINCT user_id) AS users
FROM sparkify.songplays
GROUP BY location
ORDER BY plays DESC, location
LIMIT 20
