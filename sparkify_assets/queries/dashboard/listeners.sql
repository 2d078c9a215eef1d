-- The listeners with the most plays, numbered: nobody's name is known here.
SELECT
    ROW_NUMBER() OVER (ORDER BY SUM(plays) DESC NULLS LAST, user_id NULLS LAST) AS listener,  -- Number of the listener: 1 has the most plays under this filter.
    SUM(plays) AS plays,  -- Plays of the listener.
    COUNT(DISTINCT session_id) AS sessions,  -- Sessions in which the listener played something.
    COUNT(DISTINCT start_date) AS days,  -- Days on which the listener played something, UTC.
    MAX(last_played) AS last_played,  -- Start of the listener's latest play under the filter, UTC.
    COUNT(*) OVER () AS total,  -- All listeners under the filter.
    SUM(SUM(plays)) OVER () AS plays_of_all  -- Plays of all listeners under the filter.
FROM (
    SELECT user_id, session_id, start_date, COUNT(*) AS plays, MAX(start_time) AS last_played
    FROM played
    GROUP BY user_id, session_id, start_date
) AS heard
GROUP BY user_id
ORDER BY listener NULLS LAST
LIMIT :most OFFSET :skipped
