CREATE TEMP TABLE touched_users (log_date DATE NOT NULL, user_id INTEGER NOT NULL)
