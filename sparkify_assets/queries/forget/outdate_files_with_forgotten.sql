-- Users were brought back: which files have events of theirs is not known, only which ones were loaded without some.
UPDATE ops.load_ledger
SET fingerprint = ''
WHERE log_date IS NOT NULL
    AND (forgotten > 0 OR file IN (SELECT file FROM staging.rejected_records WHERE record = :redacted))
