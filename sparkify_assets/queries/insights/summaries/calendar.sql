-- The calendar that is filled in: every day from the first to the last log day of which records are loaded.
-- Key: day
WITH digit AS (
    SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9
)
SELECT
    CAST(DATEADD(day, place.n, loaded.first_day) AS DATE) AS day  -- DATE NOT NULL: The day, UTC.
FROM (
    SELECT MIN(log_date) AS first_day, MAX(log_date) AS last_day
    FROM ops.load_ledger
    WHERE loaded + rejected > 0
) AS loaded
-- Numbers for 270 years: Redshift has no series of days to join with.
CROSS JOIN (
    SELECT ones.n + 10 * tens.n + 100 * hundreds.n + 1000 * thousands.n + 10000 * others.n AS n
    FROM digit AS ones
    CROSS JOIN digit AS tens
    CROSS JOIN digit AS hundreds
    CROSS JOIN digit AS thousands
    CROSS JOIN digit AS others
) AS place
WHERE place.n <= DATEDIFF(day, loaded.first_day, loaded.last_day)
