-- Each sensor in the last 24 hours: how much was asked, which share failed, and whether it still ships.
WITH (toInt64(toUnixTimestamp(now())) - 86400) * 1000000000 AS since_ns
SELECT
    sensor,
    sum(queries) AS questions,
    sum(responses) AS answers,
    sum(rcode_2) AS servfails,
    round(100 * servfails / answers, 3) AS percent,
    toDateTime(intDiv(max(minute_ns), 1000000000)) AS last_minute
FROM minutes FINAL
WHERE NOT removed AND is_resolver AND minute_ns >= since_ns
GROUP BY sensor
ORDER BY percent DESC, sensor
