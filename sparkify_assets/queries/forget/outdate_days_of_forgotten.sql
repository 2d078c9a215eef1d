-- The days with events of forgotten users have to be loaded again: none of their files is what was loaded.
UPDATE ops.load_ledger
SET fingerprint = ''
WHERE log_date IN (
    SELECT log_date
    FROM staging.staging_events
    WHERE user_id IN (SELECT user_id FROM ops.forgotten)
)
