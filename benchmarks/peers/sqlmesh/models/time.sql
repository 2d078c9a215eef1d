MODEL (
  name sparkify.time,
  kind INCREMENTAL_BY_TIME_RANGE (time_column start_date),
  end '2018-11-30',
  audits (not_null(columns := (start_time)), unique_values(columns := (start_time)))
);

SELECT DISTINCT
  start_time, HOUR(start_time) AS hour, DAY(start_time) AS day, WEEK(start_time) AS week, MONTH(start_time) AS month,
  YEAR(start_time) AS year, ISODOW(start_time) AS weekday, start_date
FROM sparkify.songplays
WHERE start_date BETWEEN @start_date AND @end_date
