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

COMMENT ON TABLE staging.staging_songs IS 'The song catalog''s metadata, one row per good record, as delivered. Replaced whole.';

COMMENT ON COLUMN staging.staging_songs.num_songs IS '$.num_songs: songs in the record; always 1 in the public data.';
COMMENT ON COLUMN staging.staging_songs.artist_id IS '$.artist_id: the artist; one id may come with several names or places.';
COMMENT ON COLUMN staging.staging_songs.artist_latitude IS '$.artist_latitude: where the artist is from, degrees north.';
COMMENT ON COLUMN staging.staging_songs.artist_longitude IS '$.artist_longitude: where the artist is from, degrees east.';
COMMENT ON COLUMN staging.staging_songs.artist_location IS '$.artist_location: where the artist is from, in words; often empty.';
COMMENT ON COLUMN staging.staging_songs.artist_name IS '$.artist_name: name of the artist as credited on this song.';
COMMENT ON COLUMN staging.staging_songs.song_id IS '$.song_id: the song.';
COMMENT ON COLUMN staging.staging_songs.title IS '$.title: title of the song.';
COMMENT ON COLUMN staging.staging_songs.duration IS '$.duration: length of the song, in seconds.';
COMMENT ON COLUMN staging.staging_songs.year IS '$.year: year of release; 0 where it is not known.';
COMMENT ON COLUMN staging.staging_songs.copy_number IS 'Numbers the records that share a song_id; 1 is the least in its columns.';
