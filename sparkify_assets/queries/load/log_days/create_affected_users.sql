CREATE TEMP TABLE affected_users (log_date DATE NOT NULL, user_id INTEGER NOT NULL)
