SELECT identity_name, privilege_type, namespace_name
FROM svv_schema_privileges
WHERE identity_type = 'role' AND privilege_scope = 'SCHEMA' AND namespace_name IN ('staging', 'sparkify', 'ops', 'insights')
