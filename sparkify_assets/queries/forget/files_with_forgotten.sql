-- The files of the lake that have events of forgotten users.
SELECT DISTINCT file
FROM ops.load_ledger
WHERE forgotten > 0
ORDER BY file NULLS LAST
