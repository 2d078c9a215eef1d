-- warning: The level of every user is free or paid.
SELECT user_id, level
FROM audited_users
WHERE NVL(level, '') || '.' NOT IN ('free.', 'paid.')
