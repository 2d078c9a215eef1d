-- Another session may have had the same process before: hence the moment.
SELECT TRIM(file_name) AS url, line_number, TRIM(column_name) AS name, TRIM(error_message) AS message
FROM sys_load_error_detail
WHERE session_id = PG_BACKEND_PID()
    AND start_time >= CAST(:since AS TIMESTAMP)
