CREATE TEMP TABLE affected_days (log_date DATE NOT NULL, start_date DATE NOT NULL)
