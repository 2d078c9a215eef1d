-- A row that was landed without its log day belongs to the first day, which then is the only one. Only repeated records
-- have to be ordered.
-- + 0: -0.0 equals 0.0, so that neither would come first; a zero has no sign.
-- || CHR(1): Redshift ignores blanks at the end of a text when it compares texts; here they count.
INSERT INTO staging.staging_events (
    log_date, artist, auth, first_name, gender, item_in_session, last_name, length, level, location, method, page,
    registration, session_id, song, status, ts, user_agent, user_id, start_time, start_date, copy_number
)
WITH repeated AS (
    SELECT NVL(log_date, CAST(:first_day AS DATE)) AS day, session_id, item_in_session, ts
    FROM landed_staging_events
    WHERE NVL(log_date, CAST(:first_day AS DATE)) BETWEEN :first_day AND :last_day
    GROUP BY NVL(log_date, CAST(:first_day AS DATE)), session_id, item_in_session, ts
    HAVING COUNT(*) > 1
)
SELECT
    day AS log_date,
    artist,
    auth,
    first_name,
    gender,
    item_in_session,
    last_name,
    length + 0 AS length,
    level,
    location,
    method,
    page,
    registration + 0 AS registration,
    session_id,
    song,
    status,
    ts,
    user_agent,
    user_id,
    DATEADD(ms, CAST(ts % 86400000 AS INTEGER), DATEADD(day, CAST(ts / 86400000 AS INTEGER), CAST('1970-01-01' AS TIMESTAMP))) AS start_time,
    CAST(DATEADD(day, CAST(ts / 86400000 AS INTEGER), CAST('1970-01-01' AS TIMESTAMP)) AS DATE) AS start_date,
    copy_number
FROM (
    SELECT
        landed.*,
        NVL(landed.log_date, CAST(:first_day AS DATE)) AS day,
        1 AS copy_number
    FROM landed_staging_events AS landed
    LEFT JOIN repeated
        ON repeated.day = NVL(landed.log_date, CAST(:first_day AS DATE))
        AND repeated.session_id = landed.session_id
        AND repeated.item_in_session = landed.item_in_session
        AND repeated.ts = landed.ts
    WHERE repeated.ts IS NULL
    UNION ALL
    SELECT
        landed.*,
        repeated.day,
        ROW_NUMBER() OVER (
            PARTITION BY repeated.day, landed.user_id, landed.session_id, landed.item_in_session, landed.ts
            ORDER BY
                landed.artist || CHR(1) NULLS LAST,
                landed.auth || CHR(1) NULLS LAST,
                landed.first_name || CHR(1) NULLS LAST,
                landed.gender || CHR(1) NULLS LAST,
                landed.last_name || CHR(1) NULLS LAST,
                landed.length NULLS LAST,
                landed.level || CHR(1) NULLS LAST,
                landed.location || CHR(1) NULLS LAST,
                landed.method || CHR(1) NULLS LAST,
                landed.page || CHR(1) NULLS LAST,
                landed.registration NULLS LAST,
                landed.song || CHR(1) NULLS LAST,
                landed.status NULLS LAST,
                landed.user_agent || CHR(1) NULLS LAST
        ) AS copy_number
    FROM landed_staging_events AS landed
    JOIN repeated
        ON repeated.day = NVL(landed.log_date, CAST(:first_day AS DATE))
        AND repeated.session_id = landed.session_id
        AND repeated.item_in_session = landed.item_in_session
        AND repeated.ts = landed.ts
) AS numbered
WHERE day BETWEEN :first_day AND :last_day
