-- The plays themselves, the latest first. Listeners are numbered under the filter, by their plays.
WITH numbered AS (
    SELECT user_id, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC NULLS LAST, user_id NULLS LAST) AS listener
    FROM played
    GROUP BY user_id
)
SELECT
    play.start_time,  -- = sparkify.songplays.start_time
    numbered.listener,  -- Number of the listener: 1 has the most plays under this filter.
    play.level,  -- = sparkify.songplays.level
    play.song_title,  -- = sparkify.songplays.song_title_clean
    play.artist_name,  -- = sparkify.songplays.artist_name_clean
    play.length,  -- = sparkify.songplays.length
    play.location,  -- = sparkify.songplays.location
    play.browser,  -- = sparkify.songplays.browser
    play.os,  -- = sparkify.songplays.os
    play.songplay_id  -- = sparkify.songplays.songplay_id
FROM played AS play
JOIN numbered
    ON numbered.user_id = play.user_id
WHERE play.start_time < :before
    OR (play.start_time = :before AND play.songplay_id > :after_id)
ORDER BY play.start_time DESC NULLS LAST, play.songplay_id NULLS LAST
LIMIT :most
