-- blocking: Every file could be read to its end and its records loaded.
SELECT log_date, failing_rows AS bad_records, sample
FROM audited_audits
WHERE table_name = 'staging_events' AND audit = 'files_loadable' AND NOT passed
