DELETE FROM sparkify.users
WHERE user_id IN (SELECT user_id FROM affected_latest)
