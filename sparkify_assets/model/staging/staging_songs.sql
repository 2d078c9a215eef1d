CREATE TABLE staging.staging_songs (
    num_songs INTEGER,
    artist_id VARCHAR(128) NOT NULL,
    artist_latitude DOUBLE PRECISION,
    artist_longitude DOUBLE PRECISION,
    artist_location VARCHAR(1024),
    artist_name VARCHAR(1024),
    song_id VARCHAR(128) NOT NULL,
    title VARCHAR(1024) NOT NULL,
    duration DOUBLE PRECISION,
    year INTEGER,
    copy_number INTEGER NOT NULL
)
SORTKEY (song_id);

COMMENT ON TABLE staging.staging_songs IS 'Metadata of the song catalog: one row per good record, as delivered. A load replaces the table as a whole.';

COMMENT ON COLUMN staging.staging_songs.num_songs IS '$.num_songs: Number of songs in the record; always 1 in the public data.';
COMMENT ON COLUMN staging.staging_songs.artist_id IS '$.artist_id: The artist; one id may come with several names or places.';
COMMENT ON COLUMN staging.staging_songs.artist_latitude IS '$.artist_latitude: Latitude of where the artist is from, in degrees north.';
COMMENT ON COLUMN staging.staging_songs.artist_longitude IS '$.artist_longitude: Longitude of where the artist is from, in degrees east.';
COMMENT ON COLUMN staging.staging_songs.artist_location IS '$.artist_location: Where the artist is from, in words; often empty.';
COMMENT ON COLUMN staging.staging_songs.artist_name IS '$.artist_name: Name of the artist as credited on this song.';
COMMENT ON COLUMN staging.staging_songs.song_id IS '$.song_id: The song.';
COMMENT ON COLUMN staging.staging_songs.title IS '$.title: Title of the song.';
COMMENT ON COLUMN staging.staging_songs.duration IS '$.duration: Length of the song, in seconds.';
COMMENT ON COLUMN staging.staging_songs.year IS '$.year: Year of release; 0 if unknown.';
COMMENT ON COLUMN staging.staging_songs.copy_number IS 'Numbers the records that share a song_id; number 1 sorts first by its columns.';
