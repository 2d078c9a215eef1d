-- Where people listen: plays by metropolitan area of the user.
-- Key: location
SELECT
    RANK() OVER (ORDER BY COUNT(songplay_id) DESC NULLS LAST) AS rank,  -- BIGINT NOT NULL: 1 for the place with the most plays; places with as many share it.
    location,  -- VARCHAR(512): Metropolitan area and states; null where the app did not know.
    COUNT(songplay_id) AS plays,  -- BIGINT NOT NULL: Plays.
    COUNT(DISTINCT user_id) AS listeners,  -- BIGINT NOT NULL: Users who played something there.
    COUNT(DISTINCT session_id) AS sessions  -- BIGINT NOT NULL: Sessions in which something was played.
FROM sparkify.songplays
-- The length tells places apart that differ only in blanks at their end, which Redshift takes for equal.
GROUP BY location, LEN(location)
