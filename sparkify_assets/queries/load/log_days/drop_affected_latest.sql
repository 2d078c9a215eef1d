DROP TABLE affected_latest
