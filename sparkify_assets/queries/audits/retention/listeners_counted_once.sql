-- blocking: Everyone who played something is in one cohort, and the whole cohort is active in its first week.
SELECT counted.cohort_users, counted.active_users, star.listeners
FROM (
    SELECT NVL(SUM(cohort_users), 0) AS cohort_users, NVL(SUM(active_users), 0) AS active_users
    FROM insights.retention
    WHERE weeks_later = 0
) AS counted
CROSS JOIN (SELECT COUNT(DISTINCT user_id) AS listeners FROM sparkify.songplays) AS star
WHERE counted.cohort_users <> star.listeners
    OR counted.active_users <> star.listeners
