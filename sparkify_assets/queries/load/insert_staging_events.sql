-- || CHR(1): blanks at the end of a text count, which Redshift leaves out when it compares texts.
INSERT INTO staging.staging_events (
    log_date, artist, auth, first_name, gender, item_in_session, last_name, length, level, location, method, page,
    registration, session_id, song, status, ts, user_agent, user_id, start_time, start_date, copy_number
)
SELECT
    CAST(:log_date AS DATE) AS log_date,
    artist,
    auth,
    first_name,
    gender,
    item_in_session,
    last_name,
    length,
    level,
    location,
    method,
    page,
    registration,
    session_id,
    song,
    status,
    ts,
    user_agent,
    user_id,
    DATEADD(ms, CAST(ts % 86400000 AS INTEGER), DATEADD(day, CAST(ts / 86400000 AS INTEGER), CAST('1970-01-01' AS TIMESTAMP))) AS start_time,
    CAST(DATEADD(day, CAST(ts / 86400000 AS INTEGER), CAST('1970-01-01' AS TIMESTAMP)) AS DATE) AS start_date,
    ROW_NUMBER() OVER (
        PARTITION BY user_id, session_id, item_in_session, ts
        ORDER BY
            artist || CHR(1) NULLS LAST,
            auth || CHR(1) NULLS LAST,
            first_name || CHR(1) NULLS LAST,
            gender || CHR(1) NULLS LAST,
            last_name || CHR(1) NULLS LAST,
            length NULLS LAST,
            level || CHR(1) NULLS LAST,
            location || CHR(1) NULLS LAST,
            method || CHR(1) NULLS LAST,
            page || CHR(1) NULLS LAST,
            registration NULLS LAST,
            song || CHR(1) NULLS LAST,
            status NULLS LAST,
            user_agent || CHR(1) NULLS LAST
    ) AS copy_number
FROM landed_staging_events
