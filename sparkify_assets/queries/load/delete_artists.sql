DELETE FROM sparkify.artists
