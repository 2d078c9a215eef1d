-- The titles and artists of the affected days that may have been encoded twice: every sequence of model/misread.csv begins
-- with one of these letters. What replaces the sequences in clean_name is in queries/undoing.py.
INSERT INTO affected_names (name, clean_name)
SELECT name, name AS clean_name
FROM (
    SELECT TRIM(song) AS name
    FROM staging.staging_events
    WHERE start_date BETWEEN :first_affected AND :last_affected
        AND (song LIKE '%Â%' OR song LIKE '%Ã%' OR song LIKE '%Ä%' OR song LIKE '%Å%'
            OR song LIKE '%â%' OR song LIKE '%ï%')
    UNION
    SELECT TRIM(artist) AS name
    FROM staging.staging_events
    WHERE start_date BETWEEN :first_affected AND :last_affected
        AND (artist LIKE '%Â%' OR artist LIKE '%Ã%' OR artist LIKE '%Ä%' OR artist LIKE '%Å%'
            OR artist LIKE '%â%' OR artist LIKE '%ï%')
) AS misread
