INSERT INTO sparkify.time (start_time, hour, day, week, month, year, weekday, start_date)
SELECT DISTINCT
    start_time,
    EXTRACT(hour FROM start_time) AS hour,
    EXTRACT(day FROM start_time) AS day,
    EXTRACT(week FROM start_time) AS week,
    EXTRACT(month FROM start_time) AS month,
    EXTRACT(year FROM start_time) AS year,
    CASE WHEN EXTRACT(dow FROM start_time) = 0 THEN 7 ELSE EXTRACT(dow FROM start_time) END AS weekday,
    start_date
FROM sparkify.songplays
WHERE start_date BETWEEN :first_affected AND :last_affected
    AND start_date IN (SELECT start_date FROM affected_days)
