SELECT
    NVL(SUM(CASE WHEN log_date IS NULL THEN 0 ELSE rejected END), 0) AS staging_events,
    NVL(SUM(CASE WHEN log_date IS NULL THEN rejected ELSE 0 END), 0) AS staging_songs
FROM ops.load_ledger
