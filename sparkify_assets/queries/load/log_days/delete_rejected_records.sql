DELETE FROM staging.rejected_records
WHERE log_date BETWEEN :first_day AND :last_day
