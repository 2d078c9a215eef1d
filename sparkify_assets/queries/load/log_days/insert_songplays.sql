-- Of a play that was delivered more than once, one delivery counts: only these have to be ordered.
-- LEN, || CHR(1): Redshift ignores blanks at the end of a text when it compares texts; here they count.
INSERT INTO sparkify.songplays (
    songplay_id, start_time, user_id, level, song_id, artist_id, session_id, location, user_agent, song_title,
    artist_name, length, song_title_clean, artist_name_clean, start_date
)
WITH played AS (
    SELECT
        start_time, start_date, user_id, session_id, item_in_session, ts, level, location, user_agent, song, artist, length,
        log_date, copy_number
    FROM staging.staging_events
    WHERE page = 'NextSong' AND LEN(page) = 8
        AND user_id IS NOT NULL
        AND start_date BETWEEN :first_affected AND :last_affected
        AND start_date IN (SELECT start_date FROM affected_days)
),
repeated AS (
    SELECT user_id, session_id, item_in_session, ts
    FROM played
    GROUP BY user_id, session_id, item_in_session, ts
    HAVING COUNT(*) > 1
)
SELECT
    MD5(
        CAST(play.user_id AS VARCHAR) || '|' || CAST(play.session_id AS VARCHAR) || '|'
        || CAST(play.item_in_session AS VARCHAR) || '|' || CAST(play.ts AS VARCHAR)
    ) AS songplay_id,
    play.start_time,
    play.user_id,
    play.level,
    match.song_id,
    match.artist_id,
    play.session_id,
    play.location,
    play.user_agent,
    play.song AS song_title,
    play.artist AS artist_name,
    play.length,
    NVL(title.clean_name, play.song) AS song_title_clean,
    NVL(artist.clean_name, play.artist) AS artist_name_clean,
    play.start_date
FROM (
    SELECT played.*, 1 AS delivery
    FROM played
    LEFT JOIN repeated
        ON repeated.user_id = played.user_id
        AND repeated.session_id = played.session_id
        AND repeated.item_in_session = played.item_in_session
        AND repeated.ts = played.ts
    WHERE repeated.ts IS NULL
    UNION ALL
    SELECT
        played.*,
        ROW_NUMBER() OVER (
            PARTITION BY played.user_id, played.session_id, played.item_in_session, played.ts
            ORDER BY played.log_date DESC NULLS LAST, played.copy_number NULLS LAST
        ) AS delivery
    FROM played
    JOIN repeated
        ON repeated.user_id = played.user_id
        AND repeated.session_id = played.session_id
        AND repeated.item_in_session = played.item_in_session
        AND repeated.ts = played.ts
) AS play
LEFT JOIN (
    SELECT
        title, duration, artist_name, song_id, artist_id,
        ROW_NUMBER() OVER (PARTITION BY title || CHR(1), duration, artist_name || CHR(1) ORDER BY song_id || CHR(1) NULLS LAST) AS choice
    FROM sparkify.songs
) AS match
    ON match.title = play.song AND LEN(match.title) = LEN(play.song)
    AND match.duration = play.length
    AND match.artist_name = play.artist AND LEN(match.artist_name) = LEN(play.artist)
    AND match.choice = 1
LEFT JOIN affected_names AS title ON title.name = play.song AND LEN(title.name) = LEN(play.song)
    -- Those that change are few: DuckDB then builds its hash table of them, not of the plays.
    AND LEN(title.clean_name) < LEN(title.name)
LEFT JOIN affected_names AS artist ON artist.name = play.artist AND LEN(artist.name) = LEN(play.artist)
    AND LEN(artist.clean_name) < LEN(artist.name)
WHERE play.delivery = 1
