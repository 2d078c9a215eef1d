-- How much of what people play the song catalog knows: plays, listeners and songs by kind of match. Texts are compared as logged, bytewise; a kind without plays has no row.
-- Key: match_kind
SELECT
    match_kind,  -- VARCHAR(16) NOT NULL: exact: title, artist name and length are those of a song in the song catalog (song_id is known); title_and_artist: title and artist name are, the length is not; artist_only: the artist name is that of a song in the song catalog, title and artist name together are not; none: not even the artist name.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays that match in this way and in no better one.
    SUM(listeners) AS listeners,  -- BIGINT NOT NULL: Users with such a play; one may be counted for several kinds.
    SUM(songs) AS songs  -- BIGINT NOT NULL: Different songs among these plays, by clean title and artist name as in song_popularity; one may be counted for several kinds.
FROM (
    SELECT match_kind, SUM(plays) AS plays, 0 AS listeners, COUNT(*) AS songs
    FROM (
        SELECT
            kind.match_kind,
            CASE kind.match_kind
                WHEN 'exact' THEN song.matched_plays
                WHEN 'title_and_artist' THEN song.titled_plays
                WHEN 'artist_only' THEN song.named_plays
                ELSE song.plays - song.matched_plays - song.titled_plays - song.named_plays
            END AS plays
        FROM (
            SELECT
                song_title, artist_name, SUM(plays) AS plays, SUM(matched_plays) AS matched_plays,
                SUM(titled_plays) AS titled_plays, SUM(named_plays) AS named_plays
            FROM ops.song_months
            GROUP BY song_title, artist_name
        ) AS song
        CROSS JOIN (
            SELECT 'exact' AS match_kind
            UNION ALL
            SELECT 'title_and_artist' AS match_kind
            UNION ALL
            SELECT 'artist_only' AS match_kind
            UNION ALL
            SELECT 'none' AS match_kind
        ) AS kind
    ) AS song_of_kind
    WHERE plays > 0
    GROUP BY match_kind
    UNION ALL
    SELECT match_kind, 0 AS plays, COUNT(user_id) AS listeners, 0 AS songs
    FROM ops.catalog_listeners
    GROUP BY match_kind
) AS counted
GROUP BY match_kind
