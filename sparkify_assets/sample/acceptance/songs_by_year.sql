-- How old the songs of the catalog are, and by how many artists; of many the year is not known.
SELECT s.year, COUNT(*) AS songs, COUNT(DISTINCT a.artist_id) AS artists
FROM sparkify.songs AS s
JOIN sparkify.artists AS a ON a.artist_id = s.artist_id
GROUP BY s.year
ORDER BY s.year NULLS LAST
