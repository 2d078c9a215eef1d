INSERT INTO ops.changed_users (user_id, change)
SELECT DISTINCT user_id, CAST(:change AS BIGINT) AS change
FROM affected_users
