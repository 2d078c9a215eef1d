SELECT address
FROM ops.lake
ORDER BY address NULLS LAST
