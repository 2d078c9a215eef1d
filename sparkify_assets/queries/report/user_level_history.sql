-- How many users were at a level from which day to which: the rows grow with the days, not with the users.
SELECT level, CAST(valid_from AS DATE) AS valid_from, CAST(valid_to AS DATE) AS valid_to, COUNT(*) AS users
FROM insights.user_level_history
GROUP BY level, LEN(level), CAST(valid_from AS DATE), CAST(valid_to AS DATE)
ORDER BY CAST(valid_from AS DATE) NULLS LAST, CAST(valid_to AS DATE) NULLS LAST, level || CHR(1) NULLS LAST
