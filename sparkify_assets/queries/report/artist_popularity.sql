-- The artists that are played most. CHR(1): blanks at the end of a text count.
SELECT rank, artist_name, plays, listeners, songs, matched_plays
FROM insights.artist_popularity
ORDER BY plays DESC NULLS LAST, artist_name || CHR(1) NULLS LAST
LIMIT 50
