SELECT table_schema, table_name, remarks
FROM svv_tables
WHERE table_schema IN ('staging', 'sparkify', 'ops', 'insights')
ORDER BY table_schema, table_name
