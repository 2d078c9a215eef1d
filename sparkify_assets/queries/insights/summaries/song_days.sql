-- Plays by day and song, from which the songs' totals are summed up.
-- Key: start_date, song_title, artist_name
-- Affected: song_days.start_date = changed.start_date
SELECT
    play.start_date,  -- DATE NOT NULL: The day, UTC.
    play.song_title_clean AS song_title,  -- VARCHAR(1024): Title of the song: song_title_clean of its plays.
    play.artist_name_clean AS artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of its plays.
    COUNT(play.songplay_id) AS plays,  -- BIGINT NOT NULL: Plays of the song.
    COUNT(play.song_id) AS matched_plays,  -- BIGINT NOT NULL: Plays that match a song in the song catalog.
    SUM(CASE WHEN play.song_id IS NULL AND titled.title IS NOT NULL THEN 1 ELSE 0 END) AS titled_plays,  -- BIGINT NOT NULL: Other plays with exactly the title and artist name of a song in the song catalog, of another length.
    SUM(CASE WHEN play.song_id IS NULL AND titled.title IS NULL AND named.artist_name IS NOT NULL THEN 1 ELSE 0 END) AS named_plays,  -- BIGINT NOT NULL: Other plays with exactly the artist name of a song in the song catalog.
    MIN(play.start_time) AS first_played,  -- TIMESTAMP NOT NULL: When it was first played on the day, UTC.
    MAX(play.start_time) AS last_played  -- TIMESTAMP NOT NULL: When it was last played on the day, UTC.
FROM sparkify.songplays AS play
-- LEN: Redshift ignores blanks at the end of a text when it compares texts; here they count.
LEFT JOIN (
    SELECT title, LEN(title) AS title_length, artist_name, LEN(artist_name) AS name_length
    FROM sparkify.songs
    GROUP BY title, LEN(title), artist_name, LEN(artist_name)
) AS titled
    ON titled.title = play.song_title AND titled.title_length = LEN(play.song_title)
    AND titled.artist_name = play.artist_name AND titled.name_length = LEN(play.artist_name)
LEFT JOIN (
    SELECT artist_name, LEN(artist_name) AS name_length
    FROM sparkify.songs
    GROUP BY artist_name, LEN(artist_name)
) AS named
    ON named.artist_name = play.artist_name AND named.name_length = LEN(play.artist_name)
WHERE play.start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
GROUP BY play.start_date, play.song_title_clean, play.artist_name_clean
