MODEL (
  name sparkify.users,
  kind FULL,
  audits (not_null(columns := (user_id)), unique_values(columns := (user_id)))
);

SELECT user_id, first_name, last_name, gender, level
FROM staging.staging_events
WHERE user_id IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts DESC, session_id DESC, item_in_session DESC) = 1
