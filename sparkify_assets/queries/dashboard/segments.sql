-- Who listens: new and returning listeners by level. One who played at both levels is counted at both.
SELECT
    CASE WHEN CAST(known.first_played AS DATE) < :first_day THEN 'returning' ELSE 'new' END AS listeners_are,  -- new: their first play of all, whatever the filter, lies in the period; returning: they had played something before it.
    play.level,  -- = sparkify.songplays.level
    COUNT(DISTINCT play.user_id) AS listeners,  -- Users of this kind who played something at this level.
    COUNT(*) AS plays,  -- Their plays at this level.
    COUNT(DISTINCT play.session_id) AS sessions  -- Sessions in which they played something at this level.
FROM played AS play
JOIN insights.user_summary AS known
    ON known.user_id = play.user_id
GROUP BY
    CASE WHEN CAST(known.first_played AS DATE) < :first_day THEN 'returning' ELSE 'new' END,
    play.level, LEN(play.level)
ORDER BY listeners_are NULLS LAST, play.level || CHR(1) NULLS LAST
