-- The keys that the contract does not know, in the records that the validator read.
SELECT log_date, table_name, sample
FROM ops.audits
WHERE audit = 'keys_of_the_contract'
ORDER BY log_date NULLS LAST, table_name NULLS LAST
