DELETE FROM sparkify.songs
