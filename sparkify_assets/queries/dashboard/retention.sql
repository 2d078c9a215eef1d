-- Who comes back: listeners under the filter by the week of their first play of all, and how many of them played something in each week since. Weeks begin on Monday, UTC.
WITH heard AS (
    SELECT DISTINCT
        play.user_id,
        CAST(DATE_TRUNC('week', known.first_played) AS DATE) AS cohort_week,
        CAST(DATE_TRUNC('week', play.start_date) AS DATE) AS week
    FROM played AS play
    JOIN insights.user_summary AS known
        ON known.user_id = play.user_id
)
SELECT
    cohort_week,  -- Monday of the week of these listeners' first play of all, whatever the filter, UTC.
    DATEDIFF(day, cohort_week, week) / 7 AS weeks_later,  -- Number of weeks after that week; 0 is the week itself.
    COUNT(*) AS listeners  -- Listeners of the cohort who played something under the filter in the later week.
FROM heard
GROUP BY cohort_week, week
ORDER BY cohort_week NULLS LAST, weeks_later NULLS LAST
