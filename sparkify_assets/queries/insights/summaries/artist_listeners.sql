-- Who has played something by whom, and since when: the artists' listeners are counted from it.
-- Key: user_id, artist_name
-- Affected: artist_listeners.user_id = changed.user_id
--     AND artist_listeners.start_date >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
SELECT
    user_id,  -- INTEGER NOT NULL: The user.
    artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of the plays.
    MIN(start_date) AS start_date  -- DATE NOT NULL: The day on which the user first played something by the artist, UTC.
FROM (
    SELECT user_id, artist_name, start_date
    FROM ops.song_listeners
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
        AND start_date >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
    UNION ALL
    -- Whom these users had played before the first of the changed days.
    SELECT user_id, artist_name, start_date
    FROM ops.artist_listeners
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
) AS played
GROUP BY user_id, artist_name
HAVING MIN(start_date) >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
