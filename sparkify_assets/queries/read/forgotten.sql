SELECT user_id, forgotten_at, forgotten_by, reason
FROM ops.forgotten
ORDER BY user_id NULLS LAST
