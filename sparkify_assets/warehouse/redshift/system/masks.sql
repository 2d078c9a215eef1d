SELECT policy_name, schema_name, table_name, output_columns, grantee, grantee_type
FROM svv_attached_masking_policy
