MODEL (
  name sparkify.songs,
  kind FULL,
  audits (not_null(columns := (song_id, title, artist_id)), unique_values(columns := (song_id)))
);

SELECT song_id, title, artist_id, NULLIF(year, 0) AS year, duration, artist_name
FROM staging.staging_songs
QUALIFY ROW_NUMBER() OVER (PARTITION BY song_id ORDER BY num_songs, artist_id, artist_name, title) = 1
