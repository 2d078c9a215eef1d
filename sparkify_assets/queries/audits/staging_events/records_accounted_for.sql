-- blocking: Every record of every file is loaded, in quarantine, or of a forgotten user.
SELECT
    NVL(ledger.file, quarantine.file) AS file,
    ledger.records,
    ledger.loaded,
    ledger.rejected,
    ledger.forgotten,
    NVL(quarantine.records, 0) AS quarantined
FROM audited_load_ledger AS ledger
FULL JOIN (
    SELECT file, COUNT(*) AS records
    FROM audited_rejected_records
    GROUP BY file
) AS quarantine
    ON quarantine.file = ledger.file
WHERE ledger.file IS NULL
    OR ledger.records <> ledger.loaded + ledger.rejected + ledger.forgotten
    OR ledger.rejected <> NVL(quarantine.records, 0)
