-- warning: The level of every play is free or paid.
SELECT songplay_id, level
FROM audited_songplays
WHERE NVL(level, '') || '.' NOT IN ('free.', 'paid.')
