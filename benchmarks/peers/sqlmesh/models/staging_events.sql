MODEL (
  name staging.staging_events,
  kind INCREMENTAL_BY_TIME_RANGE (time_column log_date),
  end '2018-11-30',
  audits (not_null(columns := (item_in_session, page, session_id, ts)))
);

SELECT
  CAST(LEFT(PARSE_FILENAME(filename), 10) AS DATE) AS log_date,
  artist, auth, "firstName" AS first_name, gender, "itemInSession" AS item_in_session, "lastName" AS last_name, length,
  level, location, method, page, registration, "sessionId" AS session_id, song, status, ts, "userAgent" AS user_agent,
  CAST(NULLIF("userId", '') AS INT) AS user_id
FROM READ_JSON(
  @VAR('lake') || '/log_data/*/*/*.json',
  format = 'newline_delimited',
  filename = TRUE,
  columns = {
    'artist': 'VARCHAR', 'auth': 'VARCHAR', 'firstName': 'VARCHAR', 'gender': 'VARCHAR', 'itemInSession': 'INTEGER',
    'lastName': 'VARCHAR', 'length': 'DOUBLE', 'level': 'VARCHAR', 'location': 'VARCHAR', 'method': 'VARCHAR',
    'page': 'VARCHAR', 'registration': 'DOUBLE', 'sessionId': 'BIGINT', 'song': 'VARCHAR', 'status': 'INTEGER',
    'ts': 'BIGINT', 'userAgent': 'VARCHAR', 'userId': 'VARCHAR'
  }
)
WHERE CAST(LEFT(PARSE_FILENAME(filename), 10) AS DATE) BETWEEN @start_date AND @end_date
