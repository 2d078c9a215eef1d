INSERT INTO staging.staging_songs (
    num_songs, artist_id, artist_latitude, artist_longitude, artist_location, artist_name, song_id, title, duration,
    year, copy_number
)
SELECT
    num_songs,
    artist_id,
    artist_latitude,
    artist_longitude,
    artist_location,
    artist_name,
    song_id,
    title,
    duration,
    year,
    ROW_NUMBER() OVER (
        PARTITION BY song_id
        ORDER BY
            num_songs NULLS LAST,
            artist_id NULLS LAST,
            artist_latitude NULLS LAST,
            artist_longitude NULLS LAST,
            artist_location NULLS LAST,
            artist_name NULLS LAST,
            title NULLS LAST,
            duration NULLS LAST,
            year NULLS LAST
    ) AS copy_number
FROM landed_staging_songs
