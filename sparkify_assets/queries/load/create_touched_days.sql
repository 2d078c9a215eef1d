CREATE TEMP TABLE touched_days (start_date DATE NOT NULL)
