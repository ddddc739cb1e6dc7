-- Retention on servers without TTL (before 19.6): prints the statements that drop what is older, to be run after a look
-- at them, by a timer for instance:
--
--     clickhouse-client -d dnsblame < retention.sql | clickhouse-client -d dnsblame -n
SELECT concat('ALTER TABLE ', table, ' DROP PARTITION ', partition, ';')
FROM system.parts
WHERE database = currentDatabase() AND active AND length(partition) = 8
    AND partition < toString(toYYYYMMDD(today() - 400))
GROUP BY table, partition
ORDER BY table, partition
FORMAT TSVRaw
