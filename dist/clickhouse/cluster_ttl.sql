-- Retention on servers that can (19.6 and later): `dnsblame ship --create` applies it there after cluster.sql. How many
-- days is yours to change: edit it and apply it again. A sensor's own retention takes nothing away here.
-- For older servers see retention.sql.

ALTER TABLE incidents_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(time_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE outage_counts_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(quarter_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE servfails_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE servfails_hourly_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(hour_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE servfail_clients_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(quarter_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE minutes_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE minutes_hourly_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(hour_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE health_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE outages_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(last_time_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE signatures_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(last_seen_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE delegations_local ON CLUSTER '{cluster}'
    MODIFY TTL toDateTime(intDiv(last_seen_ns, 1000000000)) + INTERVAL 400 DAY;
