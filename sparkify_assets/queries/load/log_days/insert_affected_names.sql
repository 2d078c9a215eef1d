-- The titles and artists of the affected days that may not be clean: they begin or end with a blank, or may have been
-- encoded twice, for every sequence of model/misread.csv begins with one of these letters. What replaces the sequences in
-- clean_name is in queries/undoing.py.
-- LEN, || '|': Redshift ignores blanks at the end of a text when it compares texts; here they count.
INSERT INTO affected_names (name, clean_name)
SELECT name, TRIM(name) AS clean_name
FROM (
    SELECT song AS name
    FROM staging.staging_events
    WHERE start_date BETWEEN :first_affected AND :last_affected
    UNION ALL
    SELECT artist AS name
    FROM staging.staging_events
    WHERE start_date BETWEEN :first_affected AND :last_affected
) AS logged
WHERE name LIKE ' %' OR name || '|' LIKE '% |' OR name LIKE '%Â%' OR name LIKE '%Ã%' OR name LIKE '%Ä%'
    OR name LIKE '%Å%' OR name LIKE '%â%' OR name LIKE '%ï%'
GROUP BY name, LEN(name)
