-- The number of the latest change, that of the latest one that may have affected all days, when an audit last ran, and how
-- many users are forgotten.
SELECT
    NVL(MAX(change), 0) AS latest,
    NVL(MAX(CASE WHEN start_date IS NULL THEN change END), 0) AS of_all_days,
    (SELECT MAX(audited_at) FROM ops.audits) AS audited_at,
    (SELECT COUNT(*) FROM ops.forgotten) AS forgotten_users
FROM ops.changed_days
