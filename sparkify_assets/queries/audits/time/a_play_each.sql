-- blocking: Every moment in time is one at which a play began.
SELECT moment.start_time
FROM audited_time AS moment
LEFT JOIN audited_songplays AS play
    ON play.start_time = moment.start_time
WHERE play.start_time IS NULL
