-- What the tables take on disk.
SELECT
    table,
    sum(rows) AS row_count,
    round(sum(bytes) / 1048576, 1) AS mib,
    round(sum(bytes) / sum(rows), 1) AS bytes_a_row,
    uniq(partition) AS partitions
FROM system.parts
WHERE active AND database = currentDatabase()
GROUP BY table
ORDER BY mib DESC
