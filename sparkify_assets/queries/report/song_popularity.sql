-- The most played songs. CHR(1) makes trailing blanks count.
SELECT rank, song_title, artist_name, plays, listeners, matched_plays, first_played, last_played
FROM insights.song_popularity
ORDER BY plays DESC NULLS LAST, song_title || CHR(1) NULLS LAST, artist_name || CHR(1) NULLS LAST
LIMIT 50
