-- Who people listen to: every artist by number of plays, whether or not the song catalog has their songs.
-- Key: artist_name
SELECT
    RANK() OVER (ORDER BY SUM(plays) DESC NULLS LAST) AS rank,  -- BIGINT NOT NULL: 1 for the artist with the most plays; artists with equally many share a rank.
    artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of its plays.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays of the artist's songs.
    SUM(listeners) AS listeners,  -- BIGINT NOT NULL: Users who played one of them.
    COUNT(song_title) AS songs,  -- BIGINT NOT NULL: Different titles that were played.
    SUM(matched_plays) AS matched_plays  -- BIGINT NOT NULL: Plays that match a song in the song catalog.
FROM (
    SELECT artist_name, song_title, plays, matched_plays, 0 AS listeners
    FROM insights.song_popularity
    UNION ALL
    SELECT artist_name, NULL AS song_title, 0 AS plays, 0 AS matched_plays, COUNT(user_id) AS listeners
    FROM ops.artist_listeners
    GROUP BY artist_name
) AS counted
GROUP BY artist_name
