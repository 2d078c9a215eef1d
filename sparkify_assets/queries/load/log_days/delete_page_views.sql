DELETE FROM sparkify.page_views
WHERE start_date BETWEEN :first_affected AND :last_affected
    AND start_date IN (SELECT start_date FROM affected_days)
