-- Artists by plays, with the period before; plays without the name of an artist are left out.
WITH counted AS (
    SELECT artist_name, SUM(is_now) AS plays, SUM(1 - is_now) AS plays_before
    FROM (
        SELECT artist_name, 1 AS is_now FROM played WHERE artist_name IS NOT NULL
        UNION ALL
        SELECT artist_name, 0 AS is_now FROM played_before WHERE artist_name IS NOT NULL
    ) AS play
    GROUP BY artist_name
),
weighed AS (
    SELECT
        artist_name, plays, plays_before,
        CASE
            WHEN :sort = 'plays' THEN plays
            WHEN :sort = 'before' THEN plays_before
            WHEN :sort = 'rise' THEN plays - plays_before
            WHEN :sort = 'fall' THEN plays_before - plays
            WHEN :sort = 'stopped' AND plays = 0 THEN plays_before
            WHEN :sort = 'stopped' THEN 0
            WHEN plays > plays_before THEN plays - plays_before
            ELSE plays_before - plays
        END AS weight
    FROM counted
),
chosen AS (
    SELECT artist_name, plays, plays_before, weight
    FROM weighed
    WHERE weight > 0
    ORDER BY weight DESC NULLS LAST, plays DESC NULLS LAST, plays_before DESC NULLS LAST,
        artist_name || CHR(1) NULLS LAST
    LIMIT :most OFFSET :skipped
),
-- Only of those that are shown the listeners are counted: of all it would take several times as long.
listened AS (
    SELECT
        artist_name,
        SUM(CASE WHEN plays > 0 THEN 1 ELSE 0 END) AS listeners,
        SUM(CASE WHEN plays_before > 0 THEN 1 ELSE 0 END) AS listeners_before,
        MAX(plays) AS top_listener_plays
    FROM (
        SELECT
            play.artist_name, play.user_id, SUM(play.is_now) AS plays, SUM(1 - play.is_now) AS plays_before
        FROM (
            SELECT artist_name, user_id, 1 AS is_now FROM played
            UNION ALL
            SELECT artist_name, user_id, 0 AS is_now FROM played_before
        ) AS play
        JOIN chosen
            ON chosen.artist_name = play.artist_name
        GROUP BY play.artist_name, play.user_id
    ) AS listener
    GROUP BY artist_name
)
SELECT
    chosen.artist_name,  -- = insights.artist_popularity.artist_name
    chosen.plays,  -- = insights.artist_popularity.plays
    chosen.plays_before,  -- Plays of the artist's songs in the period before.
    listened.listeners,  -- = insights.artist_popularity.listeners
    listened.listeners_before,  -- Users who played one of them in the period before.
    listened.top_listener_plays,  -- Plays of them by the listener with the most of them: where this is nearly all, the figures are one person's.
    of_all.artists AS total  -- All artists in this order: those that are cut off, too.
FROM chosen
JOIN listened
    ON listened.artist_name = chosen.artist_name
CROSS JOIN (SELECT COUNT(*) AS artists FROM weighed WHERE weight > 0) AS of_all
ORDER BY chosen.weight DESC NULLS LAST, chosen.plays DESC NULLS LAST, chosen.plays_before DESC NULLS LAST,
    chosen.artist_name || CHR(1) NULLS LAST
