-- blocking: Every play of the star is counted once per day, once per week and once per month.
SELECT periods.period, NVL(counted.plays, 0) AS counted_plays, star.plays
FROM (
    SELECT 'day' AS period
    UNION ALL
    SELECT 'week' AS period
    UNION ALL
    SELECT 'month' AS period
) AS periods
CROSS JOIN (SELECT COUNT(songplay_id) AS plays FROM sparkify.songplays) AS star
LEFT JOIN (SELECT period, SUM(plays) AS plays FROM insights.user_activity GROUP BY period) AS counted
    ON counted.period = periods.period
WHERE NVL(counted.plays, 0) <> star.plays
