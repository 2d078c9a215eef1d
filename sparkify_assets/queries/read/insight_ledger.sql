SELECT insight, version, change
FROM ops.insight_ledger
ORDER BY insight NULLS LAST
