-- Artists by plays, with the period before; plays without the name of an artist are left out.
WITH counted AS (
    SELECT artist_name, COUNT(*) - COUNT(is_before) AS plays, COUNT(is_before) AS plays_before
    FROM compared
    WHERE artist_name IS NOT NULL
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
            WHEN :sort = 'new' AND plays_before = 0 THEN plays
            WHEN :sort IN ('stopped', 'new') THEN 0
            WHEN plays > plays_before THEN plays - plays_before
            ELSE plays_before - plays
        END AS weight
    FROM counted
),
chosen AS (
    SELECT artist_name, weight, COUNT(*) OVER () AS total
    FROM weighed
    WHERE weight > 0
    ORDER BY weight DESC NULLS LAST, plays DESC NULLS LAST, plays_before DESC NULLS LAST,
        artist_name || CHR(1) NULLS LAST
    LIMIT :most OFFSET :skipped
)
-- Only of those that are shown the listeners are counted: of all it would take several times as long.
SELECT
    artist_name,  -- = insights.artist_popularity.artist_name
    SUM(plays) AS plays,  -- = insights.artist_popularity.plays
    SUM(plays_before) AS plays_before,  -- Plays of the artist's songs in the period before.
    SUM(CASE WHEN plays > 0 THEN 1 ELSE 0 END) AS listeners,  -- = insights.artist_popularity.listeners
    SUM(CASE WHEN plays_before > 0 THEN 1 ELSE 0 END) AS listeners_before,  -- Users who played one of them in the period before.
    MAX(plays) AS top_listener_plays,  -- Plays by the listener with the most of them: where this is nearly all, the figures are one person's.
    total  -- All artists in this order: those that are cut off, too.
FROM (
    SELECT
        play.artist_name, play.user_id, chosen.weight, chosen.total,
        COUNT(*) - COUNT(play.is_before) AS plays, COUNT(play.is_before) AS plays_before
    FROM compared AS play
    JOIN chosen
        ON chosen.artist_name = play.artist_name
    GROUP BY play.artist_name, play.user_id, chosen.weight, chosen.total
) AS listener
GROUP BY artist_name, weight, total
ORDER BY weight DESC NULLS LAST, SUM(plays) DESC NULLS LAST, SUM(plays_before) DESC NULLS LAST,
    artist_name || CHR(1) NULLS LAST
