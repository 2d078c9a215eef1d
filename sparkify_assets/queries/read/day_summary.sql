-- What the files of each log day became; null stands for the song catalog.
SELECT
    log_date,
    COUNT(*) AS files,
    SUM(records) AS records,
    SUM(loaded) AS loaded,
    SUM(rejected) AS rejected,
    MAX(loaded_at) AS loaded_at
FROM ops.load_ledger
GROUP BY log_date
ORDER BY log_date NULLS LAST
