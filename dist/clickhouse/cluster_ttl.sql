-- Retention on servers that can (19.6 and later): `dnsblame ship --create` applies it there after cluster.sql, once. How
-- many days is yours to change: edit it and apply it again. A sensor's own retention takes nothing away here.
-- For older servers see retention.sql.

ALTER TABLE {database}.incidents_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(time_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.outage_counts_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(quarter_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.servfails_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.servfails_hourly_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(hour_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.servfail_clients_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(quarter_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.minutes_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.minutes_hourly_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(hour_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.health_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
-- What was taken back has no time but that of its revision (milliseconds since 1970). It must not go before what it
-- takes back has, which would be there again.
ALTER TABLE {database}.outages_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(if(removed, toInt64(revision) * 1000000, last_time_ns), 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.signatures_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(if(removed, toInt64(revision) * 1000000, last_seen_ns), 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE {database}.delegations_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(if(removed, toInt64(revision) * 1000000, last_seen_ns), 1000000000)) + INTERVAL 400 DAY;
