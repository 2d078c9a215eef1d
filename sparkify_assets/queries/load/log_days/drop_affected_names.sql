DROP TABLE affected_names
