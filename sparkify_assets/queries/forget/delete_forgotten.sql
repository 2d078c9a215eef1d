DELETE FROM ops.forgotten
WHERE user_id >= -2147483648
