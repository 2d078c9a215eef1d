-- Rows of people that audits have kept as samples.
SELECT log_date, table_name, audit, sample
FROM ops.audits
WHERE sample LIKE '%user_id%' OR sample LIKE '%session_id%' OR sample LIKE '%songplay_id%' OR sample LIKE '%page_view_id%'
ORDER BY log_date NULLS LAST, table_name NULLS LAST, audit NULLS LAST
