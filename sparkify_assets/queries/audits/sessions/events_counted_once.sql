-- blocking: Every play, and every page view of a user, is counted once.
SELECT counted.plays AS counted_plays, star.plays, counted.page_views AS counted_page_views, viewed.page_views
FROM (
    SELECT NVL(SUM(plays), 0) AS plays, NVL(SUM(page_views), 0) AS page_views
    FROM insights.sessions
) AS counted
CROSS JOIN (SELECT COUNT(songplay_id) AS plays FROM sparkify.songplays) AS star
CROSS JOIN (SELECT COUNT(user_id) AS page_views FROM sparkify.page_views) AS viewed
WHERE counted.plays <> star.plays
    OR counted.page_views <> viewed.page_views
