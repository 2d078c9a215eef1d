DROP TABLE touched_days
