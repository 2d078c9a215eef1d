-- Plays by day and song, from which the songs' totals are summed up.
-- Key: start_date, song_title, artist_name
-- Affected: song_days.start_date = changed.start_date
SELECT
    start_date,  -- DATE NOT NULL: The day, UTC.
    song_title_clean AS song_title,  -- VARCHAR(1024): Title of the song: song_title_clean of its plays.
    artist_name_clean AS artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of its plays.
    COUNT(songplay_id) AS plays,  -- BIGINT NOT NULL: Plays of the song.
    COUNT(song_id) AS matched_plays,  -- BIGINT NOT NULL: Plays that match a song in the song catalog.
    MIN(start_time) AS first_played,  -- TIMESTAMP NOT NULL: When it was first played on the day, UTC.
    MAX(start_time) AS last_played  -- TIMESTAMP NOT NULL: When it was last played on the day, UTC.
FROM sparkify.songplays
WHERE start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
GROUP BY start_date, song_title_clean, artist_name_clean
