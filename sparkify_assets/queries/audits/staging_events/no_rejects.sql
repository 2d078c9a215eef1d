-- warning: No record of the day's files was rejected.
SELECT log_date, file, line_number, reason
FROM audited_rejected_records
