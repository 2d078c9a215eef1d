SELECT usename
FROM pg_user
WHERE usename = CURRENT_USER AND usesuper
