-- The latest log day that was loaded or refused; null if there is none.
SELECT MAX(log_date) AS latest_day
FROM (
    SELECT log_date FROM ops.load_ledger
    UNION ALL
    SELECT log_date FROM ops.audits
) AS days
