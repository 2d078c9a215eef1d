-- What the latest audits of every day found, by table and audit.
SELECT
    table_name,
    audit,
    COUNT(*) AS loads,
    SUM(CASE WHEN passed THEN 0 ELSE 1 END) AS failed_loads
FROM ops.audits
GROUP BY table_name, audit
ORDER BY table_name NULLS LAST, audit NULLS LAST
