-- Who is free and who pays: listeners and plays by day and level, UTC; a day without a play at a level has no row.
SELECT
    start_date AS day,  -- The day, UTC.
    level,  -- = sparkify.songplays.level
    SUM(plays) AS plays,  -- = insights.subscription_levels.plays
    COUNT(*) AS listeners  -- Users who played something at this level on this day.
FROM (
    SELECT start_date, level, user_id, COUNT(*) AS plays
    FROM played
    -- The length separates texts that differ only in trailing blanks, which Redshift takes for equal.
    GROUP BY start_date, level, LEN(level), user_id
) AS listener
GROUP BY start_date, level, LEN(level)
ORDER BY start_date NULLS LAST, level || CHR(1) NULLS LAST
