-- The files that this session's COPYs have read since a moment, the earliest COPY first. PG_LAST_COPY_ID cannot name the
-- COPY here: the ids of SYS views are not those of the STL views, for which it is documented.
-- https://docs.aws.amazon.com/redshift/latest/dg/SYS_QUERY_HISTORY.html
SELECT TRIM(detail.file_name) AS url, history.start_time AS copied_at, SUM(detail.lines_scanned) AS lines
FROM sys_load_history AS history
JOIN sys_load_detail AS detail ON detail.query_id = history.query_id
WHERE history.session_id = PG_BACKEND_PID()
    AND history.start_time >= CAST(:since AS TIMESTAMP)
GROUP BY TRIM(detail.file_name), history.query_id, history.start_time
ORDER BY history.start_time NULLS LAST, history.query_id NULLS LAST
