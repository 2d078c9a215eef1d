-- The sessions with the most plays, over midnight too.
SELECT session_id, user_id, COUNT(*) AS plays, MIN(start_time) AS first_play, MAX(start_time) AS last_play
FROM sparkify.songplays
GROUP BY session_id, user_id
ORDER BY plays DESC, session_id, user_id
LIMIT 10
