DELETE FROM ops.audits
WHERE log_date BETWEEN :first_day AND :last_day
