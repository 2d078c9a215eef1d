-- Plays by user and song, from which the songs' totals are summed up.
-- Key: user_id, song_title, artist_name
-- Affected: song_listeners.user_id = changed.user_id
SELECT
    user_id,  -- INTEGER NOT NULL: The user.
    song_title_clean AS song_title,  -- VARCHAR(1024): Title of the song: song_title_clean of its plays.
    artist_name_clean AS artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of its plays.
    COUNT(songplay_id) AS plays,  -- BIGINT NOT NULL: The user's plays of the song.
    COUNT(song_id) AS matched_plays,  -- BIGINT NOT NULL: Plays that match a song in the song catalog.
    MIN(start_time) AS first_played,  -- TIMESTAMP NOT NULL: When the user first played it, UTC.
    MAX(start_time) AS last_played  -- TIMESTAMP NOT NULL: When the user last played it, UTC.
FROM sparkify.songplays
WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
GROUP BY user_id, song_title_clean, artist_name_clean
