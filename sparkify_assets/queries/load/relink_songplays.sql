-- Only the plays whose match changed are written. NVL2 tells null from not null on either side of the comparison.
UPDATE sparkify.songplays
SET song_id = link.song_id, artist_id = link.artist_id
FROM (
    SELECT play.songplay_id, match.song_id, match.artist_id
    FROM sparkify.songplays AS play
    LEFT JOIN (
        SELECT
            title, duration, artist_name, song_id, artist_id,
            ROW_NUMBER() OVER (PARTITION BY title, duration, artist_name ORDER BY song_id NULLS LAST) AS choice
        FROM sparkify.songs
    ) AS match
        ON match.title = play.song_title
        AND match.duration = play.length
        AND match.artist_name = play.artist_name
        AND match.choice = 1
    WHERE match.song_id <> play.song_id
        OR match.artist_id <> play.artist_id
        OR NVL2(match.song_id, 1, 0) <> NVL2(play.song_id, 1, 0)
) AS link
WHERE songplays.songplay_id = link.songplay_id
