-- Outages of the last 24 hours by zone and cause: at how many sensors, since when, how many SERVFAILs. Many sensors:
-- the zone's fault; one of many: that sensor's network (dnssec.* apart, where it may validate alone).
-- `dnsblame report --from` says which, by what the others got from the same servers.
SELECT
    cause,
    zone,
    uniq(sensor) AS sensors,
    groupUniqArray(sensor) AS which,
    sum(failed) AS servfails,
    toDateTime(intDiv(min(first_time_ns), 1000000000)) AS since,
    toDateTime(intDiv(max(last_time_ns), 1000000000)) AS until
FROM
(
    SELECT sensor, identity, cause, zone, first_time_ns, last_time_ns
    FROM outages FINAL
    WHERE NOT removed AND last_time_ns >= (toInt64(toUnixTimestamp(now())) - 86400) * 1000000000
)
ALL INNER JOIN
(
    SELECT sensor, outage AS identity, sum(incidents) AS failed
    FROM outage_counts FINAL
    WHERE NOT removed AND quarter_ns >= (toInt64(toUnixTimestamp(now())) - 86400) * 1000000000
    GROUP BY sensor, outage
) USING sensor, identity
GROUP BY cause, zone
ORDER BY sensors DESC, servfails DESC
LIMIT 50
