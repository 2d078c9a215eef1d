SELECT identity_name, privilege_type, namespace_name, relation_name
FROM svv_relation_privileges
WHERE identity_type = 'role' AND namespace_name IN ('staging', 'sparkify', 'ops', 'insights')
