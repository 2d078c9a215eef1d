-- Plays and new listeners by month and song, from which the songs' totals are summed up.
-- Key: month, song_title, artist_name
-- Affected: month >= (
--     SELECT CAST(DATE_TRUNC('month', MIN(start_date)) AS DATE) FROM ops.changed_days WHERE change > :change
-- )
SELECT
    month,  -- DATE NOT NULL: First day of the month, UTC.
    song_title,  -- VARCHAR(1024): Title of the song: song_title_clean of its plays.
    artist_name,  -- VARCHAR(1024): Name of the artist: artist_name_clean of its plays.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays of the song.
    SUM(listeners) AS listeners,  -- BIGINT NOT NULL: Users who played it for the first time.
    SUM(matched_plays) AS matched_plays,  -- BIGINT NOT NULL: Plays that match a song in the song catalog.
    SUM(titled_plays) AS titled_plays,  -- BIGINT NOT NULL: Other plays with exactly the title and artist name of a song in the song catalog, of another length.
    SUM(named_plays) AS named_plays,  -- BIGINT NOT NULL: Other plays with exactly the artist name of a song in the song catalog.
    MIN(first_played) AS first_played,  -- TIMESTAMP NOT NULL: When it was first played in the month, UTC.
    MAX(last_played) AS last_played  -- TIMESTAMP NOT NULL: When it was last played in the month, UTC.
FROM (
    SELECT
        CAST(DATE_TRUNC('month', start_date) AS DATE) AS month,
        song_title,
        artist_name,
        SUM(plays) AS plays,
        0 AS listeners,
        SUM(matched_plays) AS matched_plays,
        SUM(titled_plays) AS titled_plays,
        SUM(named_plays) AS named_plays,
        MIN(first_played) AS first_played,
        MAX(last_played) AS last_played
    FROM ops.song_days
    WHERE start_date >= (
        SELECT CAST(DATE_TRUNC('month', MIN(start_date)) AS DATE) FROM ops.changed_days WHERE change > :change
    )
    GROUP BY CAST(DATE_TRUNC('month', start_date) AS DATE), song_title, artist_name
    UNION ALL
    SELECT
        CAST(DATE_TRUNC('month', start_date) AS DATE) AS month,
        song_title,
        artist_name,
        0 AS plays,
        COUNT(user_id) AS listeners,
        0 AS matched_plays,
        0 AS titled_plays,
        0 AS named_plays,
        CAST(NULL AS TIMESTAMP) AS first_played,
        CAST(NULL AS TIMESTAMP) AS last_played
    FROM ops.song_listeners
    WHERE start_date >= (
        SELECT CAST(DATE_TRUNC('month', MIN(start_date)) AS DATE) FROM ops.changed_days WHERE change > :change
    )
    GROUP BY CAST(DATE_TRUNC('month', start_date) AS DATE), song_title, artist_name
) AS counted
GROUP BY month, song_title, artist_name
