-- blocking: Every record is loaded or rejected.
SELECT log_date, records, loaded, rejected
FROM insights.data_status
WHERE records <> loaded + rejected
