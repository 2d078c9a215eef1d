-- How complete the data is: every log day of the period. No filter applies to it but the period.
SELECT
    log_date,  -- = insights.data_status.log_date
    records,  -- = insights.data_status.records
    loaded,  -- = insights.data_status.loaded
    rejected,  -- = insights.data_status.rejected
    plays,  -- = insights.data_status.plays
    plays_without_user,  -- = insights.data_status.plays_without_user
    failed_checks  -- = insights.data_status.failed_checks
FROM insights.data_status
WHERE log_date BETWEEN :first_day AND :last_day
ORDER BY log_date NULLS LAST
