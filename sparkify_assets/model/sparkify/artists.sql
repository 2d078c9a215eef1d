CREATE TABLE sparkify.artists (
    artist_id VARCHAR(128) NOT NULL,
    name VARCHAR(1024),
    location VARCHAR(1024),
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    PRIMARY KEY (artist_id)
)
SORTKEY (artist_id);

COMMENT ON TABLE sparkify.artists IS 'Dimension: every artist of the song catalog, once.';

COMMENT ON COLUMN sparkify.artists.artist_id IS 'Identifier of the artist.';
COMMENT ON COLUMN sparkify.artists.name IS 'Name of the artist, from the song record that best describes where the artist is from.';
COMMENT ON COLUMN sparkify.artists.location IS 'Where the artist is from, in words; null if unknown.';
COMMENT ON COLUMN sparkify.artists.latitude IS 'Latitude of where the artist is from, in degrees north; null if unknown.';
COMMENT ON COLUMN sparkify.artists.longitude IS 'Longitude of where the artist is from, in degrees east; null if unknown.';
