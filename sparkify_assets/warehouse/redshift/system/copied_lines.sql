SELECT TRIM(file_name) AS url, SUM(lines_scanned) AS lines
FROM sys_load_detail
WHERE query_id = PG_LAST_COPY_ID()
GROUP BY TRIM(file_name)
