-- The latest incidents that are kept, as `dnsblame list` shows them; `dnsblame show --from URL ID` tells one. Conditions
-- on sensor, zone, cause, client or qname go behind the time.
WITH (toInt64(toUnixTimestamp(now())) - 86400) * 1000000000 AS since_ns
SELECT time, sensor, id, client, resolver, qname, cause, confidence, zone, servers.address AS servers
FROM incidents FINAL
WHERE NOT removed AND time_ns >= since_ns
ORDER BY time_ns DESC, identity
LIMIT 100
