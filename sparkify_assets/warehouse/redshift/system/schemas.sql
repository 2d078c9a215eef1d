SELECT nspname AS name
FROM pg_namespace
WHERE nspname IN ('staging', 'sparkify', 'ops', 'insights')
