DELETE FROM staging.rejected_records
WHERE NVL(log_date, CAST('0001-01-01' AS DATE))
    BETWEEN NVL(CAST(:first_day AS DATE), CAST('0001-01-01' AS DATE)) AND NVL(CAST(:last_day AS DATE), CAST('0001-01-01' AS DATE))
