-- || CHR(1): Redshift ignores blanks at the end of a text when it compares texts; here they count.
INSERT INTO sparkify.artists (artist_id, name, location, latitude, longitude)
SELECT
    artist_id,
    artist_name AS name,
    CASE WHEN LEN(artist_location) > 0 THEN artist_location END AS location,
    artist_latitude AS latitude,
    artist_longitude AS longitude
FROM (
    SELECT
        artist_id, artist_name, artist_location, artist_latitude, artist_longitude,
        ROW_NUMBER() OVER (
            PARTITION BY artist_id || CHR(1)
            ORDER BY
                CASE WHEN artist_latitude IS NOT NULL AND artist_longitude IS NOT NULL THEN 0 ELSE 1 END NULLS LAST,
                CASE WHEN LEN(artist_location) > 0 THEN 0 ELSE 1 END NULLS LAST,
                song_id || CHR(1) NULLS LAST,
                copy_number NULLS LAST
        ) AS choice
    FROM staging.staging_songs
) AS credit
WHERE choice = 1
