-- Clients that got the most SERVFAILs in the last 24 hours: of each incident that is kept as many as it stands for.
WITH (toInt64(toUnixTimestamp(now())) - 86400) * 1000000000 AS since_ns
SELECT
    sensor,
    client,
    sum(weight) AS servfails,
    uniq(zone) AS zones,
    topK(3)(cause) AS causes
FROM incidents FINAL
WHERE NOT removed AND time_ns >= since_ns
GROUP BY sensor, client
ORDER BY servfails DESC, sensor, client
LIMIT 50
