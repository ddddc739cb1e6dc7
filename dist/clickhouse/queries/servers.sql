-- Servers that resolvers asked in the last 24 hours and that failed them most: silence, REFUSED, SERVFAIL, and at how
-- many sensors they were asked and silent.
SELECT
    server,
    sum(asked) AS asked_in_all,
    sum(silent) AS silences,
    sum(refused) AS refusals,
    sum(failed) AS servfails,
    round(100 * (silences + refusals + servfails) / asked_in_all, 1) AS percent,
    count() AS sensors,
    sum(silent * 2 > asked) AS sensors_in_silence
FROM
(
    SELECT
        sensor,
        server,
        sum(queries) AS asked,
        sum(unanswered) AS silent,
        sum(rcode_5) AS refused,
        sum(rcode_2) AS failed
    FROM minutes_hourly FINAL
    WHERE NOT removed AND NOT is_resolver AND server != ''
        AND hour_ns >= (toInt64(toUnixTimestamp(now())) - 86400) * 1000000000
    GROUP BY sensor, server
)
GROUP BY server
HAVING asked_in_all > 0
ORDER BY silences + refusals + servfails DESC, server
LIMIT 50
