-- Retention on servers that can (19.6 and later): `dnsblame ship --create` applies it there after schema.sql, once. How
-- many days is yours to change: edit it and apply it again. A sensor's own retention takes nothing away here.
-- For older servers see retention.sql.

ALTER TABLE incidents
    MODIFY TTL toDateTime(intDiv(time_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE outage_counts
    MODIFY TTL toDateTime(intDiv(quarter_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE servfails
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE servfails_hourly
    MODIFY TTL toDateTime(intDiv(hour_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE servfail_clients
    MODIFY TTL toDateTime(intDiv(quarter_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE minutes
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE minutes_hourly
    MODIFY TTL toDateTime(intDiv(hour_ns, 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE health
    MODIFY TTL toDateTime(intDiv(minute_ns, 1000000000)) + INTERVAL 400 DAY;
-- What was taken back has no time but that of its revision (milliseconds since 1970). It must not go before what it
-- takes back has, which would be there again.
ALTER TABLE outages
    MODIFY TTL toDateTime(intDiv(if(removed, toInt64(revision) * 1000000, last_time_ns), 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE signatures
    MODIFY TTL toDateTime(intDiv(if(removed, toInt64(revision) * 1000000, last_seen_ns), 1000000000)) + INTERVAL 400 DAY;
ALTER TABLE delegations
    MODIFY TTL toDateTime(intDiv(if(removed, toInt64(revision) * 1000000, last_seen_ns), 1000000000)) + INTERVAL 400 DAY;
