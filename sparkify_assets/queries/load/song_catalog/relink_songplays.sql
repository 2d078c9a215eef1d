-- LEN, || CHR(1): Redshift ignores blanks at the end of a text when it compares texts; here they count.
-- Updates only the plays whose song or artist changed. NVL makes null and not null comparable.
UPDATE sparkify.songplays
SET song_id = link.song_id, artist_id = link.artist_id, catalog_artist_id = link.catalog_artist_id
FROM (
    SELECT play.songplay_id, match.song_id, match.artist_id, known.artist_id AS catalog_artist_id
    FROM sparkify.songplays AS play
    LEFT JOIN (
        SELECT
            title, duration, artist_name, song_id, artist_id,
            ROW_NUMBER() OVER (PARTITION BY title || CHR(1), duration, artist_name || CHR(1) ORDER BY song_id || CHR(1) NULLS LAST) AS choice
        FROM sparkify.songs
    ) AS match
        ON match.title = play.song_title AND LEN(match.title) = LEN(play.song_title)
        AND match.duration = play.length
        AND match.artist_name = play.artist_name AND LEN(match.artist_name) = LEN(play.artist_name)
        AND match.choice = 1
    LEFT JOIN (
        SELECT artist_name, MIN(artist_id) AS artist_id
        FROM sparkify.songs
        GROUP BY artist_name, LEN(artist_name)
        HAVING MIN(artist_id || CHR(1)) = MAX(artist_id || CHR(1))
    ) AS known
        ON known.artist_name = play.lead_artist AND LEN(known.artist_name) = LEN(play.lead_artist)
    WHERE NVL(match.song_id || CHR(1), '') <> NVL(play.song_id || CHR(1), '')
        OR NVL(match.artist_id || CHR(1), '') <> NVL(play.artist_id || CHR(1), '')
        OR NVL(known.artist_id || CHR(1), '') <> NVL(play.catalog_artist_id || CHR(1), '')
) AS link
WHERE songplays.songplay_id = link.songplay_id
