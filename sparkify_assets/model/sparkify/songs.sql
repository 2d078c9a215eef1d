CREATE TABLE sparkify.songs (
    song_id VARCHAR(128) NOT NULL,
    title VARCHAR(1024) NOT NULL,
    artist_id VARCHAR(128) NOT NULL,
    year INTEGER,
    duration DOUBLE PRECISION,
    artist_name VARCHAR(1024),
    PRIMARY KEY (song_id),
    FOREIGN KEY (artist_id) REFERENCES sparkify.artists (artist_id)
)
SORTKEY (song_id);

COMMENT ON TABLE sparkify.songs IS 'Dimension: every song of the song catalog, once.';

COMMENT ON COLUMN sparkify.songs.song_id IS 'Identifier of the song.';
COMMENT ON COLUMN sparkify.songs.title IS 'Title of the song.';
COMMENT ON COLUMN sparkify.songs.artist_id IS 'The artist of the song.';
COMMENT ON COLUMN sparkify.songs.year IS 'Year of release; null if unknown.';
COMMENT ON COLUMN sparkify.songs.duration IS 'Length of the song, in seconds.';
COMMENT ON COLUMN sparkify.songs.artist_name IS 'Name of the artist as credited on this song; plays are matched by it.';
