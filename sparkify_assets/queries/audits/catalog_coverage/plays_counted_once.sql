-- blocking: Every play of the star is counted once.
SELECT counted.plays AS counted_plays, star.plays
FROM (SELECT NVL(SUM(plays), 0) AS plays FROM insights.catalog_coverage) AS counted
CROSS JOIN (SELECT COUNT(songplay_id) AS plays FROM sparkify.songplays) AS star
WHERE counted.plays <> star.plays
