DROP TABLE touched_users
