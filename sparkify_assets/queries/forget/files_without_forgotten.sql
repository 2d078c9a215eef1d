-- The files that were read and had nothing of forgotten users, each as it was then.
SELECT file, fingerprint
FROM ops.load_ledger
WHERE log_date IS NOT NULL
    AND forgotten = 0
    AND file NOT IN (SELECT file FROM staging.rejected_records WHERE record = :redacted)
ORDER BY file NULLS LAST
