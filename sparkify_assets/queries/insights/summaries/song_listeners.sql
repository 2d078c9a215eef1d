-- Who has played which song, and since when: the songs' listeners are counted from it.
-- Key: user_id, song_title, artist_name
-- Affected: song_listeners.user_id = changed.user_id
--     AND song_listeners.start_date >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
SELECT
    user_id,  -- INTEGER NOT NULL: The user.
    song_title,  -- VARCHAR(1024): Title of the song: song_title_clean of its plays.
    artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of its plays.
    MIN(start_date) AS start_date  -- DATE NOT NULL: The day on which the user first played it, UTC.
FROM (
    SELECT user_id, song_title_clean AS song_title, artist_name_clean AS artist_name, start_date
    FROM sparkify.songplays
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
        AND start_date >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
    UNION ALL
    -- What these users had played before the first of the changed days.
    SELECT user_id, song_title, artist_name, start_date
    FROM ops.song_listeners
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
) AS played
GROUP BY user_id, song_title, artist_name
HAVING MIN(start_date) >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
