-- How many rows have a text that may be taken for a user's name: another user's, an artist's, a song's, a place's.
SELECT
    (
        SELECT COUNT(*)
        FROM staging.staging_events
        WHERE first_name LIKE :text OR last_name LIKE :text OR artist LIKE :text OR song LIKE :text OR location LIKE :text
    ) AS events,
    (
        SELECT COUNT(*)
        FROM staging.staging_songs
        WHERE artist_name LIKE :text OR title LIKE :text OR artist_location LIKE :text
    ) AS songs
