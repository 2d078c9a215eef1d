DELETE FROM ops.changed_users
WHERE user_id IN (SELECT user_id FROM affected_users)
