-- How fresh and how good the data is: a row for every log day of which records are loaded.
-- Key: log_date
SELECT
    log_date,  -- DATE NOT NULL: The log day.
    SUM(records) AS records,  -- BIGINT NOT NULL: Records in the day's files, except those of forgotten users.
    SUM(loaded) AS loaded,  -- BIGINT NOT NULL: Records that became events.
    SUM(rejected) AS rejected,  -- BIGINT NOT NULL: Records that break a rule, and lie in quarantine.
    SUM(plays) AS plays,  -- BIGINT NOT NULL: Plays that happened on this day, UTC.
    SUM(plays_without_user) AS plays_without_user,  -- BIGINT NOT NULL: NextSong events of nobody logged in on this day, UTC: they are page views, and count as no play.
    SUM(failed_checks) AS failed_checks  -- BIGINT NOT NULL: Checks that failed at the latest load of this day; if a blocking one did, the rows are those of an earlier load.
FROM (
    SELECT log_date, loaded + rejected AS records, loaded, rejected, 0 AS plays, 0 AS plays_without_user, 0 AS failed_checks
    FROM ops.load_ledger
    UNION ALL
    SELECT log_date, 0 AS records, 0 AS loaded, 0 AS rejected, 0 AS plays, 0 AS plays_without_user, 1 AS failed_checks
    FROM ops.audits
    WHERE NOT passed
    UNION ALL
    SELECT
        start_date AS log_date, 0 AS records, 0 AS loaded, 0 AS rejected, plays, 0 AS plays_without_user,
        0 AS failed_checks
    FROM ops.level_days
    UNION ALL
    SELECT
        start_date AS log_date, 0 AS records, 0 AS loaded, 0 AS rejected, 0 AS plays, events AS plays_without_user,
        0 AS failed_checks
    FROM insights.page_activity
    WHERE page || '.' = 'NextSong.'
) AS counted
WHERE log_date IS NOT NULL
GROUP BY log_date
HAVING SUM(records) > 0
