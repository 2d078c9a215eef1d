-- blocking: No page view is a play.
SELECT page_view_id, page, user_id
FROM audited_page_views
WHERE page = 'NextSong' AND LEN(page) = 8 AND user_id IS NOT NULL
