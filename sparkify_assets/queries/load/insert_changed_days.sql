-- The log day itself too: what an insight reads of users and events may have changed without a play.
INSERT INTO ops.changed_days (start_date, change)
SELECT start_date, CAST(:change AS BIGINT) AS change
FROM touched_days
UNION
SELECT CAST(:log_date AS DATE) AS start_date, CAST(:change AS BIGINT) AS change
