DELETE FROM ops.changed_days
WHERE start_date BETWEEN :first_day AND :last_day
