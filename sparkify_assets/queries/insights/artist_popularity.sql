-- Who people listen to: every artist by number of plays, whether or not the song catalog has their songs.
-- Key: artist_name
SELECT
    RANK() OVER (ORDER BY COUNT(songplay_id) DESC NULLS LAST) AS rank,  -- BIGINT NOT NULL: 1 for the artist with the most plays; artists with equally many share a rank.
    artist_name_clean AS artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of its plays.
    COUNT(songplay_id) AS plays,  -- BIGINT NOT NULL: Plays of the artist's songs.
    COUNT(DISTINCT user_id) AS listeners,  -- BIGINT NOT NULL: Users who played one of them.
    COUNT(DISTINCT song_title_clean) AS songs,  -- BIGINT NOT NULL: Different titles that were played.
    COUNT(song_id) AS matched_plays  -- BIGINT NOT NULL: Plays that match a song in the song catalog.
FROM sparkify.songplays
GROUP BY artist_name_clean
