-- blocking: Every file could be read to its end and its records loaded.
SELECT failing_rows AS bad_records, sample
FROM ops.audits
WHERE table_name = 'staging_songs' AND audit = 'files_loadable' AND NOT passed
