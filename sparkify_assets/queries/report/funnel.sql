-- The steps of the latest week with log days: a clock that is wrong is not the latest week.
SELECT week, step, step_number, users, share_of_seen
FROM insights.funnel
WHERE week = (
    SELECT MAX(week)
    FROM insights.funnel
    WHERE week <= (SELECT MAX(log_date) FROM insights.data_status)
)
ORDER BY step_number NULLS LAST
