SELECT user_name
FROM svv_user_grants
WHERE user_name = CURRENT_USER AND role_name = 'sys:secadmin'
