-- blocking: Staging has a row for every record that the ledger counts as loaded, and no other rows.
SELECT staged.staged_rows, ledger.loaded_records
FROM (
    SELECT COUNT(*) AS staged_rows
    FROM staging.staging_songs
) AS staged
CROSS JOIN (
    SELECT NVL(SUM(loaded), 0) AS loaded_records
    FROM ops.load_ledger
    WHERE log_date IS NULL
) AS ledger
WHERE staged.staged_rows <> ledger.loaded_records
