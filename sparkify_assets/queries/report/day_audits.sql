-- What the audits of each day's latest attempt found, from :first_day to :last_day.
SELECT
    log_date,
    table_name,
    audit,
    passed,
    failing_rows,
    audited_at
FROM ops.audits
WHERE log_date BETWEEN :first_day AND :last_day
ORDER BY log_date NULLS LAST, table_name NULLS LAST, audit NULLS LAST
