-- gate: Everyone with an event in staging is a user, and nobody else is.
SELECT staged.user_id AS user_with_events, published.user_id AS user_published
FROM (
    SELECT DISTINCT user_id
    FROM audited_user_events
    WHERE user_id IS NOT NULL
) AS staged
FULL JOIN audited_users AS published
    ON published.user_id = staged.user_id
WHERE staged.user_id IS NULL OR published.user_id IS NULL
