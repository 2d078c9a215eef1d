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

COMMENT ON TABLE staging.staging_events IS 'The app''s log: one row per good record, as delivered. A load replaces a log day as a whole.';

COMMENT ON COLUMN staging.staging_events.log_date IS 'Day of the file that delivered the record: the date its name begins with.';
COMMENT ON COLUMN staging.staging_events.artist IS '$.artist: The artist of the song played; null on every page but NextSong.';
COMMENT ON COLUMN staging.staging_events.auth IS '$.auth: Logged In, Logged Out, Cancelled or Guest.';
COMMENT ON COLUMN staging.staging_events.first_name IS '$.firstName: First name of the user; null when logged out. Personal, masked.';
COMMENT ON COLUMN staging.staging_events.gender IS '$.gender: F or M; null when logged out. Personal.';
COMMENT ON COLUMN staging.staging_events.item_in_session IS '$.itemInSession: Position of the event in its session, from 0.';
COMMENT ON COLUMN staging.staging_events.last_name IS '$.lastName: Last name of the user; null when logged out. Personal, masked.';
COMMENT ON COLUMN staging.staging_events.length IS '$.length: Length of the song played, in seconds.';
COMMENT ON COLUMN staging.staging_events.level IS '$.level: free or paid, the user''s subscription at that moment; present even when logged out.';
COMMENT ON COLUMN staging.staging_events.location IS '$.location: Metropolitan area of the user; null when logged out. Personal.';
COMMENT ON COLUMN staging.staging_events.method IS '$.method: HTTP method of the request, PUT or GET.';
COMMENT ON COLUMN staging.staging_events.page IS '$.page: Page of the app; NextSong is a play.';
COMMENT ON COLUMN staging.staging_events.registration IS '$.registration: When the user registered, in milliseconds since 1970 UTC. Personal.';
COMMENT ON COLUMN staging.staging_events.session_id IS '$.sessionId: The session; it may hold logged-out events beside a user''s. Personal.';
COMMENT ON COLUMN staging.staging_events.song IS '$.song: Title of the song played.';
COMMENT ON COLUMN staging.staging_events.status IS '$.status: HTTP status of the response.';
COMMENT ON COLUMN staging.staging_events.ts IS '$.ts (0 to 4102444800000): When the event happened, in milliseconds since 1970 UTC.';
COMMENT ON COLUMN staging.staging_events.user_agent IS '$.userAgent: The user''s browser, as it identifies itself. Personal, masked.';
COMMENT ON COLUMN staging.staging_events.user_id IS '$.userId: The user; null when logged out. Personal.';
COMMENT ON COLUMN staging.staging_events.start_time IS 'When the event happened, UTC with milliseconds: ts as a timestamp.';
COMMENT ON COLUMN staging.staging_events.start_date IS 'The UTC day on which the event happened, whichever file delivered it.';
COMMENT ON COLUMN staging.staging_events.copy_number IS 'Numbers the records of this log day that share user_id, session_id, item_in_session and ts; number 1 sorts first by its columns.';
