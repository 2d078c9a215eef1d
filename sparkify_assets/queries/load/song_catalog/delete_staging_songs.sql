DELETE FROM staging.staging_songs
