-- What differs after every load, refused ones included, and after insights were rebuilt: pages drawn before are old.
SELECT
    (SELECT MAX(change) FROM ops.changed_days) AS change,
    (SELECT MAX(audited_at) FROM ops.audits) AS audited_at,
    (SELECT MAX(made_at) FROM ops.insight_ledger) AS made_at
