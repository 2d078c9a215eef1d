DELETE FROM ops.insight_ledger
WHERE insight = :insight
