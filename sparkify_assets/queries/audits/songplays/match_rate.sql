-- measure: How many plays match a song in the song catalog. No match in a thousand plays or more is a warning.
SELECT
    CASE WHEN COUNT(*) >= 1000 AND COUNT(song_id) = 0 THEN FALSE ELSE TRUE END AS passed,
    COUNT(*) AS plays,
    COUNT(song_id) AS matched
FROM audited_songplays
