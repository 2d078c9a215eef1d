CREATE TEMP TABLE touched_days (log_date DATE NOT NULL, start_date DATE NOT NULL)
