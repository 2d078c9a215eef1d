-- Who is listened to: every artist by how often their songs were played, whether the catalog knows these or not.
-- Key: artist_name
SELECT
    RANK() OVER (ORDER BY COUNT(songplay_id) DESC NULLS LAST) AS rank,        -- BIGINT NOT NULL: 1 for the artist with the most plays; artists with as many share it.
    artist_name,                                         -- VARCHAR(1024): Artist as the app logged it.
    COUNT(songplay_id) AS plays,                                   -- BIGINT NOT NULL: How often a song of theirs was played.
    COUNT(DISTINCT user_id) AS listeners,                -- BIGINT NOT NULL: How many users played one.
    COUNT(DISTINCT song_title || CHR(1)) AS songs,       -- BIGINT NOT NULL: How many titles of theirs were played.
    COUNT(song_id) AS matched_plays                      -- BIGINT NOT NULL: How many of the plays match a song of the catalog.
FROM sparkify.songplays
-- The length tells names apart that differ only in blanks at their end, which Redshift takes for equal.
GROUP BY artist_name, LEN(artist_name)
