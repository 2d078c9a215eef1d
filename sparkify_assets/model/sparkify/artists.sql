CREATE TABLE sparkify.artists (
    artist_id VARCHAR(128) NOT NULL,
    name VARCHAR(1024),
    location VARCHAR(1024),
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    PRIMARY KEY (artist_id)
)
SORTKEY (artist_id);

COMMENT ON TABLE sparkify.artists IS 'Dimension: the artists of the catalog, each once.';

COMMENT ON COLUMN sparkify.artists.artist_id IS 'The artist.';
COMMENT ON COLUMN sparkify.artists.name IS 'Name, from the record that tells most about where the artist is from.';
COMMENT ON COLUMN sparkify.artists.location IS 'Where the artist is from, in words; null where it is not known.';
COMMENT ON COLUMN sparkify.artists.latitude IS 'Where the artist is from, degrees north.';
COMMENT ON COLUMN sparkify.artists.longitude IS 'Where the artist is from, degrees east.';
