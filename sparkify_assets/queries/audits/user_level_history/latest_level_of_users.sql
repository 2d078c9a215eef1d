-- blocking: Each user's latest level is their level in sparkify.users.
SELECT everyone.user_id, everyone.level, history.level AS latest_level
FROM sparkify.users AS everyone
LEFT JOIN (SELECT user_id, level FROM insights.user_level_history WHERE valid_to IS NULL) AS history
    ON history.user_id = everyone.user_id
WHERE everyone.level IS NOT NULL
    AND (history.level IS NULL OR history.level || CHR(1) <> everyone.level || CHR(1))
