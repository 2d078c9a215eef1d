-- blocking: Every page view of the star is counted once.
SELECT counted.events AS counted_page_views, star.page_views
FROM (SELECT NVL(SUM(events), 0) AS events FROM insights.page_activity) AS counted
CROSS JOIN (SELECT COUNT(page_view_id) AS page_views FROM sparkify.page_views) AS star
WHERE counted.events <> star.page_views
