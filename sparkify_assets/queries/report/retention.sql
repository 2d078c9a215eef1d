-- Who came back within half a year: the rows grow with the cohorts, not with their square. Who registered before comes first.
SELECT cohort_week, weeks_later, cohort_users, active_users, retained, users_left_out
FROM insights.retention
WHERE weeks_later BETWEEN 0 AND 25
ORDER BY cohort_week NULLS FIRST, weeks_later NULLS LAST
