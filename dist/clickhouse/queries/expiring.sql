-- Signatures seen in the last day that expire within a week and were not renewed by any server.
SELECT
    zone,
    type_covered,
    toDateTime(intDiv(max(newest_ns), 1000000000)) AS expires,
    uniq(sensor) AS sensors,
    groupUniqArray(server) AS servers
FROM
(
    SELECT sensor, zone, type_covered, server, max(expiration_ns) AS newest_ns
    FROM signatures FINAL
    WHERE NOT removed AND last_seen_ns >= toInt64(toUnixTimestamp(now())) * 1000000000 - 86400000000000
    GROUP BY sensor, zone, type_covered, server
)
GROUP BY zone, type_covered
HAVING max(newest_ns) >= toInt64(toUnixTimestamp(now())) * 1000000000 AND max(newest_ns) < toInt64(toUnixTimestamp(now())) * 1000000000 + 7 * 86400000000000
ORDER BY expires, zone
LIMIT 100
