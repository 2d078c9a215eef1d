CREATE TABLE sparkify.songplays (
    songplay_id CHAR(32) NOT NULL,
    start_time TIMESTAMP NOT NULL,
    user_id INTEGER NOT NULL,
    level VARCHAR(64),
    song_id VARCHAR(128),
    artist_id VARCHAR(128),
    session_id BIGINT NOT NULL,
    location VARCHAR(512),
    user_agent VARCHAR(1024),
    song_title VARCHAR(1024),
    artist_name VARCHAR(1024),
    length DOUBLE PRECISION,
    song_title_clean VARCHAR(1024),
    artist_name_clean VARCHAR(1024),
    lead_artist VARCHAR(1024),
    catalog_artist_id VARCHAR(128),
    browser VARCHAR(64),
    os VARCHAR(64),
    start_date DATE NOT NULL,
    PRIMARY KEY (songplay_id),
    FOREIGN KEY (user_id) REFERENCES sparkify.users (user_id),
    FOREIGN KEY (song_id) REFERENCES sparkify.songs (song_id),
    FOREIGN KEY (artist_id) REFERENCES sparkify.artists (artist_id),
    FOREIGN KEY (catalog_artist_id) REFERENCES sparkify.artists (artist_id),
    FOREIGN KEY (start_time) REFERENCES sparkify.time (start_time)
)
DISTSTYLE KEY DISTKEY (session_id)
SORTKEY (start_time);

COMMENT ON TABLE sparkify.songplays IS 'Fact: every play of a song by a user, once, on the UTC day when it happened.';

COMMENT ON COLUMN sparkify.songplays.songplay_id IS 'Identifier of the play: the md5 of user_id, session_id, item_in_session and ts, joined by |. It is the same at every load.';
COMMENT ON COLUMN sparkify.songplays.start_time IS 'When the play began, UTC with milliseconds.';
COMMENT ON COLUMN sparkify.songplays.user_id IS 'The user who played the song.';
COMMENT ON COLUMN sparkify.songplays.level IS 'free or paid, the user''s subscription at that moment.';
COMMENT ON COLUMN sparkify.songplays.song_id IS 'The song in the song catalog with exactly this title, duration and artist name; null if there is none.';
COMMENT ON COLUMN sparkify.songplays.artist_id IS 'The artist of that song; null if there is none.';
COMMENT ON COLUMN sparkify.songplays.session_id IS 'The session of the play.';
COMMENT ON COLUMN sparkify.songplays.location IS 'Metropolitan area of the user.';
COMMENT ON COLUMN sparkify.songplays.user_agent IS 'The user''s browser, as it identifies itself.';
COMMENT ON COLUMN sparkify.songplays.song_title IS 'Title of the song as the app logged it.';
COMMENT ON COLUMN sparkify.songplays.artist_name IS 'Name of the artist as the app logged it.';
COMMENT ON COLUMN sparkify.songplays.length IS 'Length of the song as the app logged it, in seconds.';
COMMENT ON COLUMN sparkify.songplays.song_title_clean IS 'song_title without blanks at its ends, and decoded again where it was encoded twice; use this to ask what people listen to.';
COMMENT ON COLUMN sparkify.songplays.artist_name_clean IS 'artist_name without blanks at its ends, and decoded again where it was encoded twice.';
COMMENT ON COLUMN sparkify.songplays.lead_artist IS 'The first artist in artist_name_clean: what stands before feat., ft., featuring or a slash between blanks. Names with & stay whole.';
COMMENT ON COLUMN sparkify.songplays.catalog_artist_id IS 'The artist in the song catalog with a song under exactly the name lead_artist (artist_name of sparkify.songs, which may differ from artists.name); null if there is none, or several.';
COMMENT ON COLUMN sparkify.songplays.browser IS 'Family of the browser that user_agent names: Chrome, Firefox, Safari and so on, or Other; null without a user_agent.';
COMMENT ON COLUMN sparkify.songplays.os IS 'Family of the operating system that user_agent names: Windows, macOS, iOS and so on, or Other; null without a user_agent.';
COMMENT ON COLUMN sparkify.songplays.start_date IS 'UTC day of start_time: the partition that a load replaces.';
