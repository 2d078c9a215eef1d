DROP TABLE affected_users
