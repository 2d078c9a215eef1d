-- blocking: Who took a step in a week was seen in it.
SELECT step.week, step.step, step.users, seen.users AS users_seen
FROM insights.funnel AS step
LEFT JOIN insights.funnel AS seen
    ON seen.week = step.week AND seen.step = 'seen'
WHERE seen.users IS NULL
    OR step.users > seen.users
