-- blocking: Staging has a row for every record that the ledger counts as loaded, and no other rows.
SELECT
    NVL(staged.log_date, ledger.log_date) AS log_date,
    NVL(staged.staged_rows, 0) AS staged_rows,
    NVL(ledger.loaded_records, 0) AS loaded_records
FROM (
    SELECT log_date, COUNT(*) AS staged_rows
    FROM audited_staging_events
    GROUP BY log_date
) AS staged
FULL JOIN (
    SELECT log_date, SUM(loaded) AS loaded_records
    FROM audited_load_ledger
    GROUP BY log_date
) AS ledger
    ON ledger.log_date = staged.log_date
WHERE NVL(staged.staged_rows, 0) <> NVL(ledger.loaded_records, 0)
