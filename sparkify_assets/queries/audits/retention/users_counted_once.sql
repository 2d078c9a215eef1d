-- blocking: Everyone who has registered is in one cohort, and no more of them are active than there are.
SELECT counted.cohort_users, registered.users, counted.impossible
FROM (
    SELECT
        NVL(SUM(CASE WHEN weeks_later = 0 THEN cohort_users END), 0) AS cohort_users,
        COUNT(CASE WHEN active_users > cohort_users THEN 1 END) AS impossible
    FROM insights.retention
) AS counted
CROSS JOIN (SELECT COUNT(registered_at) AS users FROM sparkify.users) AS registered
WHERE counted.cohort_users <> registered.users
    OR counted.impossible > 0
