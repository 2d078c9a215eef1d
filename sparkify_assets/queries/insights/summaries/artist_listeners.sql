-- Who has played something by whom.
-- Key: user_id, artist_name
-- Affected: artist_listeners.user_id = changed.user_id
SELECT DISTINCT
    user_id,  -- INTEGER NOT NULL: The user.
    artist_name_clean AS artist_name  -- VARCHAR(1024): Name of the artist: artist_name_clean of the plays.
FROM sparkify.songplays
WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
