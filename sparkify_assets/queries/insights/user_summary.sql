-- Who the users are and what they have done so far: a row for everyone with an event. Nothing in it changes for everybody when a day is loaded: work out shares, and days since, in a query.
-- Key: user_id
-- Affected: user_summary.user_id = changed.user_id
SELECT
    listed.user_id,  -- INTEGER NOT NULL: The user.
    listed.registered_at,  -- TIMESTAMP: When the user registered, UTC; null if the app did not log it.
    listed.level,  -- VARCHAR(64): free or paid, as of the latest event.
    active.first_seen,  -- TIMESTAMP NOT NULL: Start of the first event, UTC.
    active.last_seen,  -- TIMESTAMP NOT NULL: Start of the latest event, UTC.
    active.first_played,  -- TIMESTAMP: Start of the first play, UTC; null for who has played nothing.
    active.last_played,  -- TIMESTAMP: Start of the latest play, UTC.
    active.days_active,  -- BIGINT NOT NULL: Days with an event, UTC.
    active.sessions,  -- BIGINT NOT NULL: Sessions with an event.
    active.plays,  -- BIGINT NOT NULL: Plays.
    CAST(active.listened AS DOUBLE PRECISION) / 100000 AS listening_seconds,  -- DOUBLE PRECISION NOT NULL: Total length of the songs played, in seconds; a length below 0 or of more than a day counts as 0.
    NVL(song.songs, 0) AS songs,  -- BIGINT NOT NULL: Different songs with a title, by clean title and artist name as in song_popularity.
    NVL(artist.artists, 0) AS artists,  -- BIGINT NOT NULL: Different artists with a name, by clean name.
    active.upgrades,  -- BIGINT NOT NULL: How often the user upgraded (Submit Upgrade).
    active.downgrades,  -- BIGINT NOT NULL: How often the user downgraded (Submit Downgrade).
    active.downgrade_views,  -- BIGINT NOT NULL: Views of Downgrade, where one thinks about it.
    active.help_views,  -- BIGINT NOT NULL: Views of Help.
    active.errors,  -- BIGINT NOT NULL: Page views with a status from 400.
    active.thumbs_up,  -- BIGINT NOT NULL: Thumbs Up.
    active.thumbs_down,  -- BIGINT NOT NULL: Thumbs Down.
    active.adverts  -- BIGINT NOT NULL: Adverts heard (Roll Advert).
FROM sparkify.users AS listed
JOIN (
    SELECT
        user_id,
        MIN(started_at) AS first_seen,
        MAX(ended_at) AS last_seen,
        MIN(first_played) AS first_played,
        MAX(last_played) AS last_played,
        COUNT(DISTINCT start_date) AS days_active,
        COUNT(DISTINCT session_id) AS sessions,
        SUM(plays) AS plays,
        SUM(listened) AS listened,
        SUM(upgrades) AS upgrades,
        SUM(downgrades) AS downgrades,
        SUM(downgrade_views) AS downgrade_views,
        SUM(help_views) AS help_views,
        SUM(errors) AS errors,
        SUM(thumbs_up) AS thumbs_up,
        SUM(thumbs_down) AS thumbs_down,
        SUM(adverts) AS adverts
    FROM ops.session_days
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
    GROUP BY user_id
) AS active
    ON active.user_id = listed.user_id
LEFT JOIN (
    SELECT user_id, COUNT(song_title) AS songs
    FROM ops.song_listeners
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
    GROUP BY user_id
) AS song
    ON song.user_id = listed.user_id
LEFT JOIN (
    SELECT user_id, COUNT(artist_name) AS artists
    FROM ops.artist_listeners
    WHERE user_id IN (SELECT user_id FROM ops.changed_users WHERE change > :change)
    GROUP BY user_id
) AS artist
    ON artist.user_id = listed.user_id
