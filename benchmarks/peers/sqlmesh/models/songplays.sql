MODEL (
  name sparkify.songplays,
  kind INCREMENTAL_BY_TIME_RANGE (time_column start_date),
  end '2018-11-30',
  audits (
    not_null(columns := (songplay_id, start_time, user_id, session_id)),
    unique_values(columns := (songplay_id)),
    plays_as_staged
  )
);

WITH match AS (
  SELECT title, duration, artist_name, MIN(song_id) AS song_id, ARG_MIN(artist_id, song_id) AS artist_id
  FROM sparkify.songs
  GROUP BY title, duration, artist_name
)
SELECT
  MD5(CONCAT_WS('|', user_id, session_id, item_in_session, ts)) AS songplay_id, MAKE_TIMESTAMP(ts * 1000) AS start_time,
  user_id, level, match.song_id, match.artist_id, session_id, location, user_agent, log_date AS start_date
FROM staging.staging_events
LEFT JOIN match ON match.title = song AND match.duration = length AND match.artist_name = artist
WHERE page = 'NextSong' AND user_id IS NOT NULL AND log_date BETWEEN @start_date AND @end_date
QUALIFY ROW_NUMBER() OVER (PARTITION BY user_id, session_id, item_in_session, ts ORDER BY log_date DESC) = 1
