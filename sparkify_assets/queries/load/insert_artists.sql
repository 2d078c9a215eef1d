INSERT INTO sparkify.artists (artist_id, name, location, latitude, longitude)
SELECT
    artist_id,
    artist_name AS name,
    NULLIF(artist_location, '') AS location,
    artist_latitude AS latitude,
    artist_longitude AS longitude
FROM (
    SELECT
        artist_id, artist_name, artist_location, artist_latitude, artist_longitude,
        ROW_NUMBER() OVER (
            PARTITION BY artist_id
            ORDER BY
                CASE WHEN artist_latitude IS NOT NULL AND artist_longitude IS NOT NULL THEN 0 ELSE 1 END NULLS LAST,
                CASE WHEN artist_location <> '' THEN 0 ELSE 1 END NULLS LAST,
                song_id NULLS LAST,
                copy_number NULLS LAST
        ) AS choice
    FROM staging.staging_songs
) AS credit
WHERE choice = 1
