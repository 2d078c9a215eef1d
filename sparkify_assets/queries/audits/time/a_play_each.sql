-- blocking: A play began at every moment in sparkify.time.
SELECT moment.start_time
FROM audited_time AS moment
LEFT JOIN audited_songplays AS play
    ON play.start_time = moment.start_time
WHERE play.start_time IS NULL
