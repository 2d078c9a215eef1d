-- What people listen with.
SELECT
    browser,  -- = sparkify.songplays.browser
    os,  -- = sparkify.songplays.os
    COUNT(*) AS plays,  -- Plays with it.
    COUNT(DISTINCT user_id) AS listeners  -- Users who played something with it.
FROM played
GROUP BY browser, os
ORDER BY plays DESC NULLS LAST, browser NULLS LAST, os NULLS LAST
