-- blocking: Every record of every file is loaded, in quarantine, or of a forgotten user.
SELECT
    NVL(ledger.file, quarantine.file) AS file,
    ledger.records,
    ledger.loaded,
    ledger.rejected,
    ledger.forgotten,
    NVL(quarantine.records, 0) AS quarantined
FROM (
    SELECT file, records, loaded, rejected, forgotten
    FROM ops.load_ledger
    WHERE log_date IS NULL
) AS ledger
FULL JOIN (
    SELECT file, COUNT(*) AS records
    FROM staging.rejected_records
    WHERE log_date IS NULL
    GROUP BY file
) AS quarantine
    ON quarantine.file = ledger.file
WHERE ledger.file IS NULL
    OR ledger.records <> ledger.loaded + ledger.rejected + ledger.forgotten
    OR ledger.rejected <> NVL(quarantine.records, 0)
