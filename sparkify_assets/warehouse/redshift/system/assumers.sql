SELECT iam_arn, command_type, identity_name, identity_type
FROM svv_iam_privileges
