SELECT user_id
FROM ops.forgotten
ORDER BY user_id NULLS LAST
