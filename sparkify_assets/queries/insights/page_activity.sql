-- What people do beside playing songs: page views by day, page, level and status. A play is no page view: the page NextSong counts plays of nobody logged in.
-- Key: start_date, page, level, status
-- Affected: page_activity.start_date = changed.start_date
SELECT
    start_date,  -- DATE NOT NULL: The day, UTC.
    page,  -- VARCHAR(64) NOT NULL: Page of the app.
    level,  -- VARCHAR(64): free or paid, at the moment of the event.
    status,  -- INTEGER: HTTP status of the response; from 400 on an error.
    COUNT(page_view_id) AS events,  -- BIGINT NOT NULL: Page views.
    COUNT(DISTINCT user_id) AS users,  -- BIGINT NOT NULL: Users who viewed it; who is not logged in is none.
    COUNT(DISTINCT session_id) AS sessions  -- BIGINT NOT NULL: Sessions in which it was viewed, also by somebody who is not logged in.
FROM sparkify.page_views
WHERE start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
-- The length separates texts that differ only in trailing blanks, which Redshift takes for equal.
GROUP BY start_date, page, LEN(page), level, LEN(level), status
