-- The most played artists. CHR(1) makes trailing blanks count.
SELECT rank, artist_name, plays, listeners, songs, matched_plays
FROM insights.artist_popularity
ORDER BY plays DESC NULLS LAST, artist_name || CHR(1) NULLS LAST
LIMIT 50
