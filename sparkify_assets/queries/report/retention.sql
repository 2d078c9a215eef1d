-- Who came back within half a year: the rows grow with the cohorts, not with their square.
SELECT cohort_week, weeks_later, cohort_users, active_users, retained
FROM insights.retention
WHERE weeks_later < 26
ORDER BY cohort_week NULLS LAST, weeks_later NULLS LAST
