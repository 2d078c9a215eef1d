-- Who has played something of each kind of match with the song catalog, and since when.
-- Key: user_id, match_kind
-- Affected: catalog_listeners.user_id = changed.user_id
--     AND catalog_listeners.start_date >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
SELECT
    user_id,  -- INTEGER NOT NULL: The user.
    match_kind,  -- VARCHAR(16) NOT NULL: exact, title_and_artist, artist_only or none: see insights.catalog_coverage.
    MIN(start_date) AS start_date  -- DATE NOT NULL: The day on which the user first played something of this kind, UTC.
FROM (
    SELECT
        play.user_id,
        play.start_date,
        CASE
            WHEN play.song_id IS NOT NULL THEN 'exact'
            WHEN titled.title IS NOT NULL THEN 'title_and_artist'
            WHEN named.artist_name IS NOT NULL THEN 'artist_only'
            ELSE 'none'
        END AS match_kind
    FROM sparkify.songplays AS play
    -- As in song_days.
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
    WHERE play.user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
        AND play.start_date >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
    UNION ALL
    -- What these users had played before the first of the changed days.
    SELECT user_id, start_date, match_kind
    FROM ops.catalog_listeners
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
) AS played
GROUP BY user_id, match_kind
HAVING MIN(start_date) >= (SELECT MIN(start_date) FROM ops.changed_days WHERE change > :change)
