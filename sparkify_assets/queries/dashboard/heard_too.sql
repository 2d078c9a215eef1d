-- Whom these listeners play besides: artists by how many of the listeners under the filter played them in the period.
WITH listener AS (
    SELECT user_id
    FROM played
    GROUP BY user_id
)
SELECT
    heard.artist_name,  -- = sparkify.songplays.artist_name_clean
    COUNT(*) AS listeners,  -- Listeners under the filter who played something by the artist in the period.
    SUM(heard.plays) AS plays,  -- Their plays of the artist's songs in the period, whatever else the filter says.
    of_all.listeners AS of_listeners,  -- All listeners under the filter.
    COUNT(*) OVER () AS total  -- All artists whom they played, those that are cut off, too.
FROM (
    SELECT star.artist_name_clean AS artist_name, star.user_id, COUNT(*) AS plays
    FROM sparkify.songplays AS star
    JOIN listener
        ON listener.user_id = star.user_id
    WHERE star.start_date BETWEEN :first_day AND :last_day
        AND star.artist_name_clean IS NOT NULL
    GROUP BY star.artist_name_clean, star.user_id
) AS heard
CROSS JOIN (SELECT COUNT(*) AS listeners FROM listener) AS of_all
GROUP BY heard.artist_name, of_all.listeners
ORDER BY COUNT(*) DESC NULLS LAST, SUM(heard.plays) DESC NULLS LAST, heard.artist_name || CHR(1) NULLS LAST
LIMIT :most
