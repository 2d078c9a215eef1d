INSERT INTO ops.changed_days (start_date, change)
SELECT CAST(NULL AS DATE) AS start_date, CAST(:change AS BIGINT) AS change
