-- Zones of whose listed servers some did not serve them when they were asked last, the worst first.
WITH (toInt64(toUnixTimestamp(now())) - 86400) * 1000000000 AS since_ns
SELECT
    zone,
    max(listed_there) AS servers_listed,
    sum(last_outcome != 'answer') AS servers_failing,
    groupArray(concat(server, ' ', last_outcome)) AS outcomes,
    max(seen_by) AS sensors
FROM
(
    SELECT
        zone,
        server,
        max(listed) AS listed_there,
        argMax(outcome, last_seen_ns) AS last_outcome,
        uniq(sensor) AS seen_by
    FROM delegations FINAL
    WHERE NOT removed AND last_seen_ns >= since_ns
    GROUP BY zone, server
)
GROUP BY zone
HAVING servers_failing > 0
ORDER BY servers_failing / servers_listed DESC, zone
LIMIT 100
