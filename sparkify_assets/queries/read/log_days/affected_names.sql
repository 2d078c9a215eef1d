-- How many names of the affected days may have been encoded twice.
SELECT COUNT(*) AS names
FROM affected_names
