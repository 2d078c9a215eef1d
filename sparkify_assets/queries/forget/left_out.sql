-- What loads have left out of forgotten users, in how many files, and how many records are redacted.
SELECT
    NVL(SUM(forgotten), 0) AS events,
    NVL(SUM(CASE WHEN forgotten > 0 THEN 1 ELSE 0 END), 0) AS files,
    NVL(SUM(CASE WHEN fingerprint = '' THEN 1 ELSE 0 END), 0) AS outdated_files,
    (SELECT COUNT(*) FROM staging.rejected_records WHERE record = :redacted) AS redacted
FROM ops.load_ledger
