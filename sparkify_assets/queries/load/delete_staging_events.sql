DELETE FROM staging.staging_events
WHERE log_date = :log_date
