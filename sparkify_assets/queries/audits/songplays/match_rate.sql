-- measure: How many plays match a song of the catalog. A thousand plays without a single match are a warning.
SELECT
    CASE WHEN COUNT(*) >= 1000 AND COUNT(song_id) = 0 THEN FALSE ELSE TRUE END AS passed,
    COUNT(*) AS plays,
    COUNT(song_id) AS matched
FROM audited_songplays
