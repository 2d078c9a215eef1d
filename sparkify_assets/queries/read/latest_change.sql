-- The number of the latest change, and of the latest one that may have affected all days.
SELECT
    NVL(MAX(change), 0) AS latest,
    NVL(MAX(CASE WHEN start_date IS NULL THEN change END), 0) AS of_all_days
FROM ops.changed_days
