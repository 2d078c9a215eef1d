-- Who listens: new and returning listeners by level. One who played at both levels is counted at both.
SELECT
    kind AS listeners_are,  -- new: their first play of all, whatever the filter, lies in the period; returning: they had played something before it.
    level,  -- = sparkify.songplays.level
    COUNT(DISTINCT user_id) AS listeners,  -- Users of this kind who played something at this level.
    SUM(plays) AS plays,  -- Their plays at this level.
    COUNT(DISTINCT session_id) AS sessions  -- Sessions in which they played something at this level.
FROM (
    SELECT
        CASE WHEN CAST(known.first_played AS DATE) < :first_day THEN 'returning' ELSE 'new' END AS kind,
        play.level, play.user_id, play.session_id, play.plays
    FROM (
        SELECT level, user_id, session_id, COUNT(*) AS plays
        FROM played
        -- The length separates texts that differ only in trailing blanks, which Redshift takes for equal.
        GROUP BY level, LEN(level), user_id, session_id
    ) AS play
    JOIN insights.user_summary AS known
        ON known.user_id = play.user_id
) AS listener
GROUP BY kind, level, LEN(level)
ORDER BY kind NULLS LAST, level || CHR(1) NULLS LAST
