-- Totals of the insights. Activity is summed over days alone: weeks and months hold the same plays.
SELECT
    (SELECT COUNT(*) FROM insights.song_popularity WHERE song_title IS NOT NULL) AS songs,
    (SELECT COUNT(*) FROM insights.artist_popularity WHERE artist_name IS NOT NULL) AS artists,
    (SELECT SUM(listening_seconds) FROM insights.user_activity WHERE period = 'day') AS listening_seconds,
    (
        SELECT SUM(plays)
        FROM (
            SELECT plays
            FROM insights.user_summary
            ORDER BY plays DESC NULLS LAST, user_id NULLS LAST
            LIMIT 10
        ) AS most_active
    ) AS plays_of_most_active
