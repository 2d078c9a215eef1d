-- Where people listen: plays by metropolitan area of the user.
-- Key: location
SELECT
    RANK() OVER (ORDER BY SUM(plays) DESC NULLS LAST) AS rank,  -- BIGINT NOT NULL: 1 for the place with the most plays; places with equally many share a rank.
    location,  -- VARCHAR(512): Metropolitan area and states; null if the app did not know.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays by users of this place.
    COUNT(DISTINCT user_id) AS listeners,  -- BIGINT NOT NULL: Users who played something there.
    COUNT(DISTINCT session_id) AS sessions  -- BIGINT NOT NULL: Sessions in which something was played.
FROM ops.listening_hours
-- The length separates places that differ only in trailing blanks, which Redshift takes for equal.
GROUP BY location, LEN(location)
