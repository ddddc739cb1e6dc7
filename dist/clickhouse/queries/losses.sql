-- What live captures lost in the last 24 hours: figures of these sensors are too small.
WITH (toInt64(toUnixTimestamp(now())) - 86400) * 1000000000 AS since_ns
SELECT
    sensor,
    count() AS minutes_watched,
    sum(packets) AS packets,
    sum(kernel_drops) AS lost_by_kernel,
    sum(interface_drops) AS lost_by_interface,
    sum(evicted) AS forgotten,
    sum(unstored_incidents) AS incidents_not_stored
FROM health FINAL
WHERE NOT removed AND minute_ns >= since_ns
GROUP BY sensor
ORDER BY lost_by_kernel + lost_by_interface + forgotten DESC, sensor
