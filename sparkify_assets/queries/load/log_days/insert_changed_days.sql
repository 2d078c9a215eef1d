-- The log days count as changed too: their users and rejects may have changed without an event that happened on them.
INSERT INTO ops.changed_days (start_date, change)
SELECT start_date, CAST(:change AS BIGINT) AS change
FROM affected_days
UNION
SELECT log_date AS start_date, CAST(:change AS BIGINT) AS change
FROM affected_days
UNION
SELECT CAST(:first_day AS DATE) AS start_date, CAST(:change AS BIGINT) AS change
UNION
SELECT CAST(:last_day AS DATE) AS start_date, CAST(:change AS BIGINT) AS change
