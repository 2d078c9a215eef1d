MODEL (
  name sparkify.artists,
  kind FULL,
  audits (not_null(columns := (artist_id)), unique_values(columns := (artist_id)))
);

SELECT
  artist_id, artist_name AS name, NULLIF(artist_location, '') AS location, artist_latitude AS latitude,
  artist_longitude AS longitude
FROM staging.staging_songs
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY artist_id
  ORDER BY artist_latitude IS NULL OR artist_longitude IS NULL, COALESCE(artist_location, '') = '', song_id
) = 1
