SELECT policy_name
FROM svv_masking_policy
WHERE policy_database = CURRENT_DATABASE()
