-- Who the users are, at their latest event.
SELECT gender, level, COUNT(*) AS users
FROM sparkify.users
GROUP BY gender, level
