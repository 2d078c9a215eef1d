-- Of a play that was delivered more than once, one delivery counts: only these have to be ordered.
-- LEN, || CHR(1): Redshift ignores blanks at the end of a text when it compares texts; here they count.
INSERT INTO sparkify.songplays (
    songplay_id, start_time, user_id, level, song_id, artist_id, session_id, location, user_agent, song_title,
    artist_name, length, song_title_clean, artist_name_clean, lead_artist, catalog_artist_id, browser, os, start_date
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
),
delivered AS (
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
),
-- The first rule for a browser or a system that fits decides, since most agents also name what they are like. Those that
-- fit often come early, to save time.
named AS (
    SELECT
        delivered.*,
        NVL(title.clean_name, delivered.song) AS song_title_clean,
        NVL(artist.clean_name, delivered.artist) AS artist_name_clean,
        CASE
            WHEN delivered.user_agent LIKE '%Firefox/%' THEN 'Firefox'
            WHEN delivered.user_agent LIKE '% Edg%' THEN 'Edge'
            WHEN delivered.user_agent LIKE '% OPR/%' THEN 'Opera'
            WHEN delivered.user_agent LIKE '%Chrome/%' THEN 'Chrome'
            WHEN delivered.user_agent LIKE '%Opera%' THEN 'Opera'
            WHEN delivered.user_agent LIKE '%FxiOS/%' THEN 'Firefox'
            WHEN delivered.user_agent LIKE '%CriOS/%' THEN 'Chrome'
            WHEN delivered.user_agent LIKE '%MSIE %' OR delivered.user_agent LIKE '%Trident/%' THEN 'Internet Explorer'
            WHEN delivered.user_agent LIKE '%Safari/%' AND delivered.user_agent NOT LIKE '%Android%' THEN 'Safari'
            WHEN delivered.user_agent IS NOT NULL THEN 'Other'
        END AS browser,
        CASE
            WHEN delivered.user_agent LIKE '%Windows%' THEN 'Windows'
            WHEN delivered.user_agent LIKE '%like Mac OS X%' THEN 'iOS'
            WHEN delivered.user_agent LIKE '%Mac OS X%' THEN 'macOS'
            WHEN delivered.user_agent LIKE '%Android%' THEN 'Android'
            WHEN delivered.user_agent LIKE '%CrOS%' THEN 'Chrome OS'
            WHEN delivered.user_agent LIKE '%Linux%' THEN 'Linux'
            WHEN delivered.user_agent IS NOT NULL THEN 'Other'
        END AS os
    FROM delivered
    LEFT JOIN affected_names AS title ON title.name = delivered.song AND LEN(title.name) = LEN(delivered.song)
        -- Those that change are few: DuckDB then builds its hash table of them, not of the plays.
        AND LEN(title.clean_name) < LEN(title.name)
    LEFT JOIN affected_names AS artist ON artist.name = delivered.artist AND LEN(artist.name) = LEN(delivered.artist)
        AND LEN(artist.clean_name) < LEN(artist.name)
    WHERE delivered.delivery = 1
),
-- What stands before ` feat.`, ` ft.` or ` featuring `, in any case, perhaps in brackets. Only names with one of the four
-- endings are searched, to save time.
credited AS (
    SELECT
        named.*,
        CASE
            WHEN artist_name_clean LIKE '%t.%' OR artist_name_clean LIKE '%T.%'
                OR artist_name_clean LIKE '%g %' OR artist_name_clean LIKE '%G %'
                THEN REGEXP_REPLACE(
                    artist_name_clean,
                    '[ [(]+([Ff][Tt][.]|[Ff][Ee][Aa][Tt][.]|[Ff][Ee][Aa][Tt][Uu][Rr][Ii][Nn][Gg] )([^.]|[.])*',
                    ''
                )
            ELSE artist_name_clean
        END AS credit
    FROM named
),
-- The first of several artists with ` / ` between them, unless it belongs to a name: those are listed here.
led AS (
    SELECT
        credited.*,
        CASE
            WHEN credit LIKE '% / %' AND credit NOT IN ('Alison Krauss / Union Station', 'Rionegro / Solimões')
                THEN TRIM(SPLIT_PART(credit, ' / ', 1))
            ELSE credit
        END AS lead_artist
    FROM credited
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
    play.song_title_clean,
    play.artist_name_clean,
    play.lead_artist,
    known.artist_id AS catalog_artist_id,
    play.browser,
    play.os,
    play.start_date
FROM led AS play
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
LEFT JOIN (
    SELECT artist_name, MIN(artist_id) AS artist_id
    FROM sparkify.songs
    GROUP BY artist_name, LEN(artist_name)
    HAVING MIN(artist_id || CHR(1)) = MAX(artist_id || CHR(1))
) AS known
    ON known.artist_name = play.lead_artist AND LEN(known.artist_name) = LEN(play.lead_artist)
