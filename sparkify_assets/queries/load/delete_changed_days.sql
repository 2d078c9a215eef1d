DELETE FROM ops.changed_days
WHERE start_date IN (SELECT start_date FROM touched_days)
    OR start_date BETWEEN :first_day AND :last_day
