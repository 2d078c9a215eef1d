-- Sessions with a play, by the level of the listener. A session is counted where it has plays at the level.
SELECT
    level,  -- = sparkify.songplays.level
    COUNT(*) AS sessions,  -- Sessions in which something was played at this level.
    SUM(plays) AS plays,  -- Plays in them.
    CAST(SUM(listened) AS DOUBLE PRECISION) / 100000 AS listening_seconds,  -- = insights.sessions.listening_seconds
    SUM(CASE WHEN plays = 1 THEN 1 ELSE 0 END) AS sessions_of_one_play,  -- Sessions with one play at this level.
    MAX(plays) AS most_plays,  -- Plays of the session with the most of them.
    COUNT(DISTINCT user_id) AS listeners  -- Users who played something at this level.
FROM (
    SELECT
        level, session_id, user_id, COUNT(*) AS plays,
        SUM(CASE WHEN length BETWEEN 0 AND 86400 THEN CAST(FLOOR(length * 100000 + 0.5) AS BIGINT) ELSE 0 END) AS listened
    FROM played
    GROUP BY level, LEN(level), session_id, user_id
) AS session
GROUP BY level, LEN(level)
ORDER BY level || CHR(1) NULLS LAST
