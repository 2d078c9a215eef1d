DELETE FROM staging.staging_events
WHERE log_date BETWEEN :first_day AND :last_day
