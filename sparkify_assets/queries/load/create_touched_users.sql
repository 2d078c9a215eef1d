CREATE TEMP TABLE touched_users (user_id INTEGER NOT NULL)
