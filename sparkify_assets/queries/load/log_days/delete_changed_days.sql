DELETE FROM ops.changed_days
WHERE start_date IN (SELECT start_date FROM affected_days)
    OR start_date BETWEEN :first_day AND :last_day
