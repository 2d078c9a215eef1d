SELECT insight, version, change, run_id
FROM ops.insight_ledger
ORDER BY insight NULLS LAST
