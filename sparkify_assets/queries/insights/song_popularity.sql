-- What is listened to: every song by how often it was played, whether the catalog knows it or not.
-- Key: song_title, artist_name
SELECT
    RANK() OVER (ORDER BY COUNT(songplay_id) DESC NULLS LAST) AS rank,  -- BIGINT NOT NULL: 1 for the song with the most plays; songs with as many share it.
    song_title,                                    -- VARCHAR(1024): Title as the app logged it.
    artist_name,                                   -- VARCHAR(1024): Artist as the app logged it.
    COUNT(songplay_id) AS plays,                             -- BIGINT NOT NULL: How often it was played.
    COUNT(DISTINCT user_id) AS listeners,          -- BIGINT NOT NULL: How many users played it.
    COUNT(song_id) AS matched_plays,               -- BIGINT NOT NULL: How many of the plays match a song of the catalog.
    MIN(start_time) AS first_played,               -- TIMESTAMP NOT NULL: Its first play, UTC.
    MAX(start_time) AS last_played                 -- TIMESTAMP NOT NULL: Its latest play, UTC.
FROM sparkify.songplays
-- The lengths tell titles apart that differ only in blanks at their end, which Redshift takes for equal.
GROUP BY song_title, LEN(song_title), artist_name, LEN(artist_name)
