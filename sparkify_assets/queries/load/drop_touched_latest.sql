DROP TABLE touched_latest
