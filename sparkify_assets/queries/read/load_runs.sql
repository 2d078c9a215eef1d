-- The run of each load's latest attempt; without a log day it is of the song catalog.
SELECT log_date, run_id
FROM ops.audits
WHERE run_id IS NOT NULL
GROUP BY log_date, run_id
ORDER BY log_date NULLS LAST, run_id NULLS LAST
