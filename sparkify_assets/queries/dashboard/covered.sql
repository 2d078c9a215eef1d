-- What can be asked: the first and the last log day of which records are loaded.
SELECT
    MIN(log_date) AS first_day,  -- The first log day.
    MAX(log_date) AS last_day,  -- The last log day.
    COUNT(*) AS days,  -- Log days of which records are loaded.
    NVL(SUM(records), 0) AS records,  -- = insights.data_status.records
    NVL(SUM(rejected), 0) AS rejected,  -- = insights.data_status.rejected
    SUM(CASE WHEN failed_checks > 0 THEN 1 ELSE 0 END) AS days_with_failed_checks  -- Log days with a check that failed at their latest load.
FROM insights.data_status
