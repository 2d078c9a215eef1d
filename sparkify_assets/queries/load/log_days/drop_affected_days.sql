DROP TABLE affected_days
