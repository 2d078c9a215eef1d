DELETE FROM ops.load_ledger
WHERE log_date BETWEEN :first_day AND :last_day
