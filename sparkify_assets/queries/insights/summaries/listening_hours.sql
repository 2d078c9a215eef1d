-- Plays by session and hour, from which totals of many days are summed up.
-- Key: start_date, hour, location, user_id, session_id
-- Affected: listening_hours.start_date = changed.start_date
SELECT
    start_date,  -- DATE NOT NULL: The day, UTC.
    EXTRACT(hour FROM start_time) AS hour,  -- INTEGER NOT NULL: Hour of the day, 0 to 23.
    location,  -- VARCHAR(512): Metropolitan area of the user.
    user_id,  -- INTEGER NOT NULL: The user.
    session_id,  -- BIGINT NOT NULL: The session.
    COUNT(songplay_id) AS plays,  -- BIGINT NOT NULL: Plays of the session in this hour.
    SUM(CASE WHEN length < 0 OR length > 86400 THEN 1 ELSE 0 END) AS lengths_left_out,  -- BIGINT NOT NULL: Plays with a length below 0 or of more than a day.
    -- Summed as integers, since a sum of doubles depends on their order.
    SUM(CASE WHEN length BETWEEN 0 AND 86400 THEN CAST(FLOOR(length * 100000 + 0.5) AS BIGINT) ELSE 0 END) AS listened  -- BIGINT NOT NULL: Length of the songs played, in 100,000ths of a second; those left out count as 0.
FROM sparkify.songplays
WHERE start_date IN (SELECT start_date FROM ops.changed_days WHERE change > :change)
-- The length separates places that differ only in trailing blanks, which Redshift takes for equal.
GROUP BY start_date, EXTRACT(hour FROM start_time), location, LEN(location), user_id, session_id
