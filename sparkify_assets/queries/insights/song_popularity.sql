-- What people listen to: every song by number of plays, whether or not the song catalog has it.
-- Key: song_title, artist_name
SELECT
    RANK() OVER (ORDER BY SUM(plays) DESC NULLS LAST) AS rank,  -- BIGINT NOT NULL: 1 for the song with the most plays; songs with equally many share a rank.
    song_title,  -- VARCHAR(1024): Title of the song: song_title_clean of its plays.
    artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of its plays.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays of the song.
    SUM(listeners) AS listeners,  -- BIGINT NOT NULL: Users who played it.
    SUM(matched_plays) AS matched_plays,  -- BIGINT NOT NULL: Plays that match a song in the song catalog.
    MIN(first_played) AS first_played,  -- TIMESTAMP NOT NULL: When it was first played, UTC.
    MAX(last_played) AS last_played  -- TIMESTAMP NOT NULL: When it was last played, UTC.
FROM ops.song_months
GROUP BY song_title, artist_name
