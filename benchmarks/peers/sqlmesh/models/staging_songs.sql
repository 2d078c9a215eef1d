MODEL (
  name staging.staging_songs,
  kind FULL,
  audits (not_null(columns := (song_id, artist_id, title)))
);

SELECT num_songs, artist_id, artist_latitude, artist_longitude, artist_location, artist_name, song_id, title, duration, year
FROM READ_JSON(
  @VAR('lake') || '/song_data/**/*.json',
  format = 'unstructured',
  columns = {
    'num_songs': 'INTEGER', 'artist_id': 'VARCHAR', 'artist_latitude': 'DOUBLE', 'artist_longitude': 'DOUBLE',
    'artist_location': 'VARCHAR', 'artist_name': 'VARCHAR', 'song_id': 'VARCHAR', 'title': 'VARCHAR',
    'duration': 'DOUBLE', 'year': 'INTEGER'
  }
)
