-- Where people listen: listeners and plays by metropolitan area of the user, and how much of them one listener makes.
-- Key: location
SELECT
    RANK() OVER (ORDER BY COUNT(DISTINCT user_id) DESC NULLS LAST, SUM(plays) DESC NULLS LAST) AS rank,  -- BIGINT NOT NULL: 1 for the place with the most listeners, of equally many the one with the most plays; equal places share a rank.
    location,  -- VARCHAR(512): Metropolitan area and states; null if the app did not know.
    COUNT(DISTINCT user_id) AS listeners,  -- BIGINT NOT NULL: Users who played something there.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays by users of this place.
    COUNT(DISTINCT session_id) AS sessions,  -- BIGINT NOT NULL: Sessions in which something was played.
    MAX(plays_of_user) AS top_listener_plays  -- BIGINT NOT NULL: Plays by the listener with the most of them there: where this is nearly all, the figures are one person's.
FROM (
    SELECT
        location, user_id, session_id,
        SUM(plays) AS plays,
        -- || CHR(1) makes trailing blanks count, which Redshift ignores when it compares texts.
        SUM(SUM(plays)) OVER (PARTITION BY location || CHR(1), user_id) AS plays_of_user
    FROM ops.listening_hours
    GROUP BY location, LEN(location), user_id, session_id
) AS listened
GROUP BY location, LEN(location)
