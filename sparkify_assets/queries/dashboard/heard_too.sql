-- Whom these listeners play besides: artists by how many of the listeners under the filter played them in the period.
SELECT
    other.artist_name,  -- = sparkify.songplays.artist_name_clean
    COUNT(DISTINCT other.user_id) AS listeners,  -- Listeners under the filter who played something by the artist in the period.
    COUNT(*) AS plays,  -- Their plays of the artist's songs in the period, whatever else the filter says.
    of_all.listeners AS of_listeners  -- All listeners under the filter.
FROM (
    SELECT user_id, artist_name_clean AS artist_name
    FROM sparkify.songplays
    WHERE start_date BETWEEN :first_day AND :last_day
        AND artist_name_clean IS NOT NULL
) AS other
JOIN (SELECT DISTINCT user_id FROM played) AS listener
    ON listener.user_id = other.user_id
CROSS JOIN (SELECT COUNT(DISTINCT user_id) AS listeners FROM played) AS of_all
GROUP BY other.artist_name, of_all.listeners
ORDER BY listeners DESC NULLS LAST, plays DESC NULLS LAST, other.artist_name || CHR(1) NULLS LAST
LIMIT :most
