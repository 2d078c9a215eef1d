AUDIT (name plays_as_staged);

-- Days that have not as many plays as were staged of them.
SELECT start_date, plays.n AS plays, staged.n AS staged
FROM (SELECT start_date, COUNT(*) AS n FROM @this_model GROUP BY start_date) AS plays
FULL JOIN (
  SELECT log_date AS start_date, COUNT(DISTINCT (user_id, session_id, item_in_session, ts)) AS n
  FROM staging.staging_events
  WHERE page = 'NextSong' AND user_id IS NOT NULL AND log_date BETWEEN @start_date AND @end_date
  GROUP BY log_date
) AS staged USING (start_date)
WHERE plays.n IS DISTINCT FROM staged.n
