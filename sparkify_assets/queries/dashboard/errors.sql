-- Errors: page views with a status from 400, by page and status.
SELECT
    page,  -- = sparkify.page_views.page
    status,  -- = sparkify.page_views.status
    COUNT(*) AS page_views,  -- Page views with this status.
    COUNT(DISTINCT user_id) AS users,  -- Users who met it; who is not logged in is none.
    COUNT(DISTINCT session_id) AS sessions  -- Sessions in which it was met, also by somebody who is not logged in.
FROM viewed
WHERE status >= 400
GROUP BY page, LEN(page), status
ORDER BY page_views DESC NULLS LAST, page || CHR(1) NULLS LAST, status NULLS LAST
LIMIT :most
