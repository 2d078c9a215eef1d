-- What follows by changes has followed: the forgotten users need not be named any more.
DELETE FROM ops.changed_users
WHERE user_id IN (SELECT user_id FROM ops.forgotten)
