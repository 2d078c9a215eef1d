CREATE TABLE sparkify.page_views (
    page_view_id CHAR(32) NOT NULL,
    start_time TIMESTAMP NOT NULL,
    user_id INTEGER,
    session_id BIGINT NOT NULL,
    item_in_session INTEGER NOT NULL,
    page VARCHAR(64) NOT NULL,
    method VARCHAR(64),
    status INTEGER,
    auth VARCHAR(64),
    level VARCHAR(64),
    location VARCHAR(512),
    user_agent VARCHAR(1024),
    browser VARCHAR(64),
    start_date DATE NOT NULL,
    PRIMARY KEY (page_view_id),
    FOREIGN KEY (user_id) REFERENCES sparkify.users (user_id)
)
DISTSTYLE KEY DISTKEY (session_id)
SORTKEY (start_time);

COMMENT ON TABLE sparkify.page_views IS 'Fact: every event of the app that is not a play, once, on the UTC day when it happened.';

COMMENT ON COLUMN sparkify.page_views.page_view_id IS 'Identifier of the page view: the md5 of user_id, session_id, item_in_session, ts and page, joined by |, a null as nothing. It is the same at every load.';
COMMENT ON COLUMN sparkify.page_views.start_time IS 'When the page was requested, UTC with milliseconds.';
COMMENT ON COLUMN sparkify.page_views.user_id IS 'The user who requested the page; null when logged out.';
COMMENT ON COLUMN sparkify.page_views.session_id IS 'The session of the page view; it may hold logged-out events beside a user''s.';
COMMENT ON COLUMN sparkify.page_views.item_in_session IS 'Position of the page view in its session, from 0; plays are counted too.';
COMMENT ON COLUMN sparkify.page_views.page IS 'Page of the app. NextSong only where nobody was logged in: with a user it is a play.';
COMMENT ON COLUMN sparkify.page_views.method IS 'HTTP method of the request, PUT or GET.';
COMMENT ON COLUMN sparkify.page_views.status IS 'HTTP status of the response: from 400 an error.';
COMMENT ON COLUMN sparkify.page_views.auth IS 'Logged In, Logged Out, Cancelled or Guest.';
COMMENT ON COLUMN sparkify.page_views.level IS 'free or paid, the subscription at that moment; present even when logged out.';
COMMENT ON COLUMN sparkify.page_views.location IS 'Metropolitan area of the user; null when logged out.';
COMMENT ON COLUMN sparkify.page_views.user_agent IS 'The user''s browser, as it identifies itself.';
COMMENT ON COLUMN sparkify.page_views.browser IS 'Family of the browser that user_agent names: Chrome, Firefox, Safari and so on, or Other; null without a user_agent.';
COMMENT ON COLUMN sparkify.page_views.start_date IS 'UTC day of start_time: the partition that a load replaces.';
