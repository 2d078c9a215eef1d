-- The number of the latest change, that of the latest one that may have affected all days, and when an audit last ran.
SELECT
    NVL(MAX(change), 0) AS latest,
    NVL(MAX(CASE WHEN start_date IS NULL THEN change END), 0) AS of_all_days,
    (SELECT MAX(audited_at) FROM ops.audits) AS audited_at
FROM ops.changed_days
