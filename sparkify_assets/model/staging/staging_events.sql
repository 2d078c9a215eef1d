CREATE TABLE staging.staging_events (
    log_date DATE NOT NULL,
    artist VARCHAR(1024),
    auth VARCHAR(64),
    first_name VARCHAR(256),
    gender VARCHAR(16),
    item_in_session INTEGER NOT NULL,
    last_name VARCHAR(256),
    length DOUBLE PRECISION,
    level VARCHAR(64),
    location VARCHAR(512),
    method VARCHAR(64),
    page VARCHAR(64) NOT NULL,
    registration DOUBLE PRECISION,
    session_id BIGINT NOT NULL,
    song VARCHAR(1024),
    status INTEGER,
    ts BIGINT NOT NULL,
    user_agent VARCHAR(1024),
    user_id INTEGER,
    start_time TIMESTAMP NOT NULL,
    start_date DATE NOT NULL,
    copy_number INTEGER NOT NULL
)
DISTSTYLE KEY DISTKEY (session_id)
SORTKEY (start_date, log_date);

COMMENT ON TABLE staging.staging_events IS 'The app''s log, one row per good record, as delivered. A log day is replaced whole.';

COMMENT ON COLUMN staging.staging_events.log_date IS 'The day of the file that brought the record: the date its name begins with.';
COMMENT ON COLUMN staging.staging_events.artist IS '$.artist: the artist of the song played; null on every page but NextSong.';
COMMENT ON COLUMN staging.staging_events.auth IS '$.auth: Logged In, Logged Out, Cancelled or Guest.';
COMMENT ON COLUMN staging.staging_events.first_name IS '$.firstName: first name of the user; null when logged out.';
COMMENT ON COLUMN staging.staging_events.gender IS '$.gender: F or M; null when logged out.';
COMMENT ON COLUMN staging.staging_events.item_in_session IS '$.itemInSession: position of the event in its session, from 0.';
COMMENT ON COLUMN staging.staging_events.last_name IS '$.lastName: last name of the user; null when logged out.';
COMMENT ON COLUMN staging.staging_events.length IS '$.length: length of the song played, in seconds.';
COMMENT ON COLUMN staging.staging_events.level IS '$.level: free or paid, the user''s subscription at that moment; there even when logged out.';
COMMENT ON COLUMN staging.staging_events.location IS '$.location: metropolitan area of the user; null when logged out.';
COMMENT ON COLUMN staging.staging_events.method IS '$.method: HTTP method of the request, PUT or GET.';
COMMENT ON COLUMN staging.staging_events.page IS '$.page: page of the app; NextSong is a play.';
COMMENT ON COLUMN staging.staging_events.registration IS '$.registration: when the user registered, in milliseconds since 1970 UTC.';
COMMENT ON COLUMN staging.staging_events.session_id IS '$.sessionId: the session; one may hold logged-out events beside a user''s.';
COMMENT ON COLUMN staging.staging_events.song IS '$.song: title of the song played.';
COMMENT ON COLUMN staging.staging_events.status IS '$.status: HTTP status of the response.';
COMMENT ON COLUMN staging.staging_events.ts IS '$.ts (0 to 4102444800000): when the event happened, in milliseconds since 1970 UTC.';
COMMENT ON COLUMN staging.staging_events.user_agent IS '$.userAgent: the browser, as it names itself.';
COMMENT ON COLUMN staging.staging_events.user_id IS '$.userId: the user; null when logged out.';
COMMENT ON COLUMN staging.staging_events.start_time IS 'When the event happened, UTC with milliseconds: ts as a timestamp.';
COMMENT ON COLUMN staging.staging_events.start_date IS 'The UTC day on which the event happened, whichever file brought it.';
COMMENT ON COLUMN staging.staging_events.copy_number IS 'Numbers the records of this log day that share user_id, session_id, item_in_session and ts; 1 is the least in its columns.';
