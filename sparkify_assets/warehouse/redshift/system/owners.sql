-- Who owns the platform's tables, and is no superuser: superusers may use every role.
SELECT DISTINCT owner.usename AS name
FROM pg_user AS owner
JOIN pg_tables AS owned ON owned.tableowner = owner.usename
WHERE owned.schemaname IN ('staging', 'sparkify', 'ops', 'insights')
    AND NOT owner.usesuper
