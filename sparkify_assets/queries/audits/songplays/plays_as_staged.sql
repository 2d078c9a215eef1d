-- blocking: Each day has as many plays in songplays as in staging, where an event delivered twice counts once.
SELECT
    NVL(staged.start_date, published.start_date) AS start_date,
    NVL(staged.plays, 0) AS plays_in_staging,
    NVL(published.plays, 0) AS plays_in_songplays
FROM (
    SELECT start_date, COUNT(*) AS plays
    FROM (
        SELECT DISTINCT start_date, user_id, session_id, item_in_session, ts
        FROM audited_events
        WHERE page = 'NextSong' AND LEN(page) = 8 AND user_id IS NOT NULL
    ) AS play
    GROUP BY start_date
) AS staged
FULL JOIN (
    SELECT CAST(start_time AS DATE) AS start_date, COUNT(*) AS plays
    FROM audited_songplays
    GROUP BY CAST(start_time AS DATE)
) AS published
    ON published.start_date = staged.start_date
WHERE NVL(staged.plays, 0) <> NVL(published.plays, 0)
