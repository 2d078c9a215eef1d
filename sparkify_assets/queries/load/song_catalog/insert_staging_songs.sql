-- + 0: -0.0 equals 0.0, so that neither would come first; a zero has no sign.
-- || CHR(1): Redshift ignores blanks at the end of a text when it compares texts; here they count.
INSERT INTO staging.staging_songs (
    num_songs, artist_id, artist_latitude, artist_longitude, artist_location, artist_name, song_id, title, duration,
    year, copy_number
)
SELECT
    num_songs,
    artist_id,
    artist_latitude + 0 AS artist_latitude,
    artist_longitude + 0 AS artist_longitude,
    artist_location,
    artist_name,
    song_id,
    title,
    duration + 0 AS duration,
    year,
    ROW_NUMBER() OVER (
        PARTITION BY song_id || CHR(1)
        ORDER BY
            num_songs NULLS LAST,
            artist_id || CHR(1) NULLS LAST,
            artist_latitude NULLS LAST,
            artist_longitude NULLS LAST,
            artist_location || CHR(1) NULLS LAST,
            artist_name || CHR(1) NULLS LAST,
            title || CHR(1) NULLS LAST,
            duration NULLS LAST,
            year NULLS LAST
    ) AS copy_number
FROM landed_staging_songs
