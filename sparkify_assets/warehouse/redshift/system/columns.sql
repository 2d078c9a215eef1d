SELECT table_schema, table_name, column_name, data_type, character_maximum_length, remarks
FROM svv_columns
WHERE table_schema IN ('staging', 'sparkify', 'ops', 'insights')
ORDER BY table_schema, table_name, ordinal_position
