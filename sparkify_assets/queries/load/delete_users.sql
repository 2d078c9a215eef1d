DELETE FROM sparkify.users
WHERE user_id IN (SELECT user_id FROM touched_latest)
