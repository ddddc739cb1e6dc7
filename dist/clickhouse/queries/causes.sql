-- SERVFAILs of the last 30 days by day and cause, of all sensors; a remembered failure counts under what first failed.
WITH (toInt64(toUnixTimestamp(now())) - 30 * 86400) * 1000000000 AS since_ns
SELECT
    toDate(time) AS day,
    cause,
    sum(incidents) AS servfails,
    sum(incidents * cached) AS remembered,
    uniq(sensor) AS sensors
FROM servfails_hourly FINAL
WHERE NOT removed AND hour_ns >= since_ns
GROUP BY day, cause
ORDER BY day DESC, servfails DESC, cause
