-- blocking: Everyone in sparkify.users has a row, and every play is counted once.
SELECT counted.users AS counted_users, listed.users, counted.plays AS counted_plays, star.plays
FROM (SELECT COUNT(user_id) AS users, NVL(SUM(plays), 0) AS plays FROM insights.user_summary) AS counted
CROSS JOIN (SELECT COUNT(user_id) AS users FROM sparkify.users) AS listed
CROSS JOIN (SELECT COUNT(songplay_id) AS plays FROM sparkify.songplays) AS star
WHERE counted.users <> listed.users
    OR counted.plays <> star.plays
