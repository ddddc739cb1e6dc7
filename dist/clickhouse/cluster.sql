-- The picture of all sensors, on a cluster of ClickHouse servers. Made out of schema.sql, which says what the tables
-- hold, by make-cluster. `dnsblame ship --create --cluster NAME --to URL` applies it and puts the name of the cluster
-- and of the database in. Its servers need ZooKeeper (or Keeper) and the macros {shard} and {replica}.
--
-- What a sensor ships goes to one shard, chosen by its name, so that the rows of one identity meet.

CREATE TABLE IF NOT EXISTS {database}.dnsblame_schema_local ON CLUSTER '{cluster}' (
    version UInt32,
    applied DateTime DEFAULT now()
) ENGINE = ReplicatedMergeTree(
    '/clickhouse/tables/{shard}/{database}/dnsblame_schema', '{replica}') ORDER BY version;

CREATE TABLE IF NOT EXISTS {database}.dnsblame_schema ON CLUSTER '{cluster}' AS {database}.dnsblame_schema_local
ENGINE = Distributed('{cluster}', '{database}', dnsblame_schema_local, rand());

CREATE TABLE IF NOT EXISTS {database}.incidents_local ON CLUSTER '{cluster}' (
    sensor String,
    identity UInt64,
    revision UInt64,
    removed UInt8,
    id String ALIAS lower(concat(substring('0000000000000000', 1, 16 - length(hex(identity))), hex(identity))),
    time DateTime ALIAS toDateTime(intDiv(time_ns, 1000000000)),
    analyzer_version String,
    source UInt64,
    source_name String,
    frame UInt64,
    query_source Nullable(UInt64),
    query_frame Nullable(UInt64),
    outage Nullable(UInt64),
    origin Nullable(UInt64),
    time_ns Int64,
    elapsed_ns Nullable(Int64),
    client String,
    client_port UInt16,
    client_is_resolver UInt8,
    resolver String,
    transport String,
    message_id UInt16,
    rd UInt8,
    cd UInt8,
    dnssec_ok UInt8,
    qname Nullable(String),
    qtype UInt16,
    qclass UInt16,
    cause String,
    confidence String,
    zone Nullable(String),
    explanation String,
    advice String, -- a sentence or command a line
    evidence_total UInt32,
    evidence String, -- JSON, as in store/evidence.h, and in "sources" the names of the captures that it counts in
    weight UInt32, -- stands for so many, itself included
    servers Nested (part UInt8, address String, name Nullable(String), outcome String), -- part 0: at fault
    contributing Nested (part UInt8, cause String, zone Nullable(String)),
    ede Nested (code UInt16, text String)
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/incidents', '{replica}', revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (sensor, intDiv(time_ns, 1000), identity);

CREATE TABLE IF NOT EXISTS {database}.incidents ON CLUSTER '{cluster}' AS {database}.incidents_local
ENGINE = Distributed('{cluster}', '{database}', incidents_local, cityHash64(sensor));

CREATE TABLE IF NOT EXISTS {database}.outages_local ON CLUSTER '{cluster}' (
    sensor String,
    identity UInt64,
    revision UInt64,
    removed UInt8,
    id String ALIAS lower(concat(substring('0000000000000000', 1, 16 - length(hex(identity))), hex(identity))),
    cause String,
    zone Nullable(String),
    resolver String,
    first_time_ns Int64,
    last_time_ns Int64,
    servers Nested (address String, name Nullable(String))
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/outages', '{replica}', revision)
ORDER BY (sensor, identity);

CREATE TABLE IF NOT EXISTS {database}.outages ON CLUSTER '{cluster}' AS {database}.outages_local
ENGINE = Distributed('{cluster}', '{database}', outages_local, cityHash64(sensor));

-- SERVFAILs of an outage in a quarter of an hour. `clients` is a sketch (store/sketch.h), no addresses.
CREATE TABLE IF NOT EXISTS {database}.outage_counts_local ON CLUSTER '{cluster}' (
    sensor String,
    outage UInt64,
    quarter_ns Int64,
    source UInt64,
    revision UInt64,
    removed UInt8,
    time DateTime ALIAS toDateTime(intDiv(quarter_ns, 1000000000)),
    incidents UInt64,
    cached UInt64,
    kept UInt64,
    first_time_ns Int64,
    last_time_ns Int64,
    clients String
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/outage_counts', '{replica}', revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(quarter_ns, 1000000000), 'UTC'))
ORDER BY (sensor, outage, quarter_ns, source);

CREATE TABLE IF NOT EXISTS {database}.outage_counts ON CLUSTER '{cluster}' AS {database}.outage_counts_local
ENGINE = Distributed('{cluster}', '{database}', outage_counts_local, cityHash64(sensor));

-- SERVFAILs of a resolver in a minute by cause, exactly. Of very many resolvers those that hardly anybody asked are
-- counted together, here and with their clients and minutes, and `resolver` is empty.
CREATE TABLE IF NOT EXISTS {database}.servfails_local ON CLUSTER '{cluster}' (
    sensor String,
    resolver String,
    cause String,
    cached UInt8,
    minute_ns Int64,
    source UInt64,
    revision UInt64,
    removed UInt8,
    time DateTime ALIAS toDateTime(intDiv(minute_ns, 1000000000)),
    incidents UInt64,
    elapsed_0 UInt64, elapsed_1 UInt64, elapsed_2 UInt64, elapsed_3 UInt64, elapsed_4 UInt64,
    elapsed_5 UInt64, elapsed_6 UInt64, elapsed_7 UInt64, elapsed_8 UInt64, elapsed_9 UInt64,
    elapsed_10 UInt64, elapsed_11 UInt64, elapsed_12 UInt64, elapsed_13 UInt64, elapsed_14 UInt64,
    elapsed_15 UInt64, elapsed_16 UInt64, elapsed_17 UInt64, elapsed_18 UInt64, elapsed_19 UInt64
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/servfails', '{replica}', revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(minute_ns, 1000000000), 'UTC'))
ORDER BY (sensor, resolver, cause, cached, minute_ns, source);

CREATE TABLE IF NOT EXISTS {database}.servfails ON CLUSTER '{cluster}' AS {database}.servfails_local
ENGINE = Distributed('{cluster}', '{database}', servfails_local, cityHash64(sensor));

CREATE TABLE IF NOT EXISTS {database}.servfails_hourly_local ON CLUSTER '{cluster}' (
    sensor String,
    resolver String,
    cause String,
    cached UInt8,
    hour_ns Int64,
    source UInt64,
    revision UInt64,
    removed UInt8,
    time DateTime ALIAS toDateTime(intDiv(hour_ns, 1000000000)),
    incidents UInt64,
    elapsed_0 UInt64, elapsed_1 UInt64, elapsed_2 UInt64, elapsed_3 UInt64, elapsed_4 UInt64,
    elapsed_5 UInt64, elapsed_6 UInt64, elapsed_7 UInt64, elapsed_8 UInt64, elapsed_9 UInt64,
    elapsed_10 UInt64, elapsed_11 UInt64, elapsed_12 UInt64, elapsed_13 UInt64, elapsed_14 UInt64,
    elapsed_15 UInt64, elapsed_16 UInt64, elapsed_17 UInt64, elapsed_18 UInt64, elapsed_19 UInt64
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/servfails_hourly', '{replica}', revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(hour_ns, 1000000000), 'UTC'))
ORDER BY (sensor, resolver, cause, cached, hour_ns, source);

CREATE TABLE IF NOT EXISTS {database}.servfails_hourly ON CLUSTER '{cluster}' AS {database}.servfails_hourly_local
ENGINE = Distributed('{cluster}', '{database}', servfails_hourly_local, cityHash64(sensor));

CREATE TABLE IF NOT EXISTS {database}.servfail_clients_local ON CLUSTER '{cluster}' (
    sensor String,
    resolver String,
    quarter_ns Int64,
    source UInt64,
    revision UInt64,
    removed UInt8,
    time DateTime ALIAS toDateTime(intDiv(quarter_ns, 1000000000)),
    clients String
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/servfail_clients', '{replica}', revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(quarter_ns, 1000000000), 'UTC'))
ORDER BY (sensor, resolver, quarter_ns, source);

CREATE TABLE IF NOT EXISTS {database}.servfail_clients ON CLUSTER '{cluster}' AS {database}.servfail_clients_local
ENGINE = Distributed('{cluster}', '{database}', servfail_clients_local, cityHash64(sensor));

-- What one address was asked: a watched resolver by its clients, in one minute (is_resolver); any other server by the
-- resolvers, in some minutes of the same quarter of an hour, of which the first stands here. Where very many servers
-- were asked in it, those that hardly were share one row, of which `server` is empty.
CREATE TABLE IF NOT EXISTS {database}.minutes_local ON CLUSTER '{cluster}' (
    sensor String,
    is_resolver UInt8,
    server String,
    minute_ns Int64,
    source UInt64,
    revision UInt64,
    removed UInt8,
    time DateTime ALIAS toDateTime(intDiv(minute_ns, 1000000000)),
    queries UInt64, responses UInt64, unanswered UInt64,
    rcode_0 UInt64, rcode_1 UInt64, rcode_2 UInt64, rcode_3 UInt64,
    rcode_4 UInt64, rcode_5 UInt64, rcode_6 UInt64, rcode_7 UInt64,
    rcode_8 UInt64, rcode_9 UInt64, rcode_10 UInt64, rcode_11 UInt64,
    rcode_12 UInt64, rcode_13 UInt64, rcode_14 UInt64, rcode_15 UInt64,
    latency_0 UInt64, latency_1 UInt64, latency_2 UInt64, latency_3 UInt64, latency_4 UInt64,
    latency_5 UInt64, latency_6 UInt64, latency_7 UInt64, latency_8 UInt64, latency_9 UInt64,
    latency_10 UInt64, latency_11 UInt64, latency_12 UInt64, latency_13 UInt64, latency_14 UInt64,
    latency_15 UInt64, latency_16 UInt64, latency_17 UInt64, latency_18 UInt64, latency_19 UInt64
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/minutes', '{replica}', revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(minute_ns, 1000000000), 'UTC'))
ORDER BY (sensor, is_resolver, server, minute_ns, source);

CREATE TABLE IF NOT EXISTS {database}.minutes ON CLUSTER '{cluster}' AS {database}.minutes_local
ENGINE = Distributed('{cluster}', '{database}', minutes_local, cityHash64(sensor));

CREATE TABLE IF NOT EXISTS {database}.minutes_hourly_local ON CLUSTER '{cluster}' (
    sensor String,
    is_resolver UInt8,
    server String,
    hour_ns Int64,
    source UInt64,
    revision UInt64,
    removed UInt8,
    time DateTime ALIAS toDateTime(intDiv(hour_ns, 1000000000)),
    queries UInt64, responses UInt64, unanswered UInt64,
    rcode_0 UInt64, rcode_1 UInt64, rcode_2 UInt64, rcode_3 UInt64,
    rcode_4 UInt64, rcode_5 UInt64, rcode_6 UInt64, rcode_7 UInt64,
    rcode_8 UInt64, rcode_9 UInt64, rcode_10 UInt64, rcode_11 UInt64,
    rcode_12 UInt64, rcode_13 UInt64, rcode_14 UInt64, rcode_15 UInt64,
    latency_0 UInt64, latency_1 UInt64, latency_2 UInt64, latency_3 UInt64, latency_4 UInt64,
    latency_5 UInt64, latency_6 UInt64, latency_7 UInt64, latency_8 UInt64, latency_9 UInt64,
    latency_10 UInt64, latency_11 UInt64, latency_12 UInt64, latency_13 UInt64, latency_14 UInt64,
    latency_15 UInt64, latency_16 UInt64, latency_17 UInt64, latency_18 UInt64, latency_19 UInt64
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/minutes_hourly', '{replica}', revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(hour_ns, 1000000000), 'UTC'))
ORDER BY (sensor, is_resolver, server, hour_ns, source);

CREATE TABLE IF NOT EXISTS {database}.minutes_hourly ON CLUSTER '{cluster}' AS {database}.minutes_hourly_local
ENGINE = Distributed('{cluster}', '{database}', minutes_hourly_local, cityHash64(sensor));

-- A live capture's health.
CREATE TABLE IF NOT EXISTS {database}.health_local ON CLUSTER '{cluster}' (
    sensor String,
    source UInt64,
    minute_ns Int64,
    revision UInt64,
    removed UInt8,
    time DateTime ALIAS toDateTime(intDiv(minute_ns, 1000000000)),
    packets UInt64,
    dns_messages UInt64,
    dns_responses UInt64,
    kernel_drops UInt64,
    interface_drops UInt64,
    unparsed UInt64,
    evicted UInt64,
    unstored_incidents UInt64,
    unstored_others UInt64
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/health', '{replica}', revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(minute_ns, 1000000000), 'UTC'))
ORDER BY (sensor, source, minute_ns);

CREATE TABLE IF NOT EXISTS {database}.health ON CLUSTER '{cluster}' AS {database}.health_local
ENGINE = Distributed('{cluster}', '{database}', health_local, cityHash64(sensor));

-- Captures, files and live ones, each with what it lost as a whole.
CREATE TABLE IF NOT EXISTS {database}.sources_local ON CLUSTER '{cluster}' (
    sensor String,
    fingerprint UInt64,
    revision UInt64,
    removed UInt8,
    analyzer_version String,
    name String,
    packets UInt64,
    dns_messages UInt64,
    dns_responses UInt64,
    first_time_ns Nullable(Int64),
    last_time_ns Nullable(Int64),
    losses Nested (kind String, reason String, count UInt64)
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/sources', '{replica}', revision)
ORDER BY (sensor, fingerprint);

CREATE TABLE IF NOT EXISTS {database}.sources ON CLUSTER '{cluster}' AS {database}.sources_local
ENGINE = Distributed('{cluster}', '{database}', sources_local, cityHash64(sensor));

CREATE TABLE IF NOT EXISTS {database}.signatures_local ON CLUSTER '{cluster}' (
    sensor String,
    zone String,
    type_covered UInt16,
    key_tag UInt16,
    algorithm UInt8,
    server String,
    source UInt64,
    revision UInt64,
    removed UInt8,
    inception_ns Int64,
    expiration_ns Int64,
    first_seen_ns Int64,
    last_seen_ns Int64
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/signatures', '{replica}', revision)
ORDER BY (sensor, zone, type_covered, key_tag, algorithm, server, source);

CREATE TABLE IF NOT EXISTS {database}.signatures ON CLUSTER '{cluster}' AS {database}.signatures_local
ENGINE = Distributed('{cluster}', '{database}', signatures_local, cityHash64(sensor));

CREATE TABLE IF NOT EXISTS {database}.delegations_local ON CLUSTER '{cluster}' (
    sensor String,
    zone String,
    server String,
    source UInt64,
    revision UInt64,
    removed UInt8,
    server_name Nullable(String),
    nameservers UInt32,
    listed UInt32,
    outcome String,
    since_ns Int64,
    last_seen_ns Int64
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/delegations', '{replica}', revision)
ORDER BY (sensor, zone, server, source);

CREATE TABLE IF NOT EXISTS {database}.delegations ON CLUSTER '{cluster}' AS {database}.delegations_local
ENGINE = Distributed('{cluster}', '{database}', delegations_local, cityHash64(sensor));

-- Which database a sensor's rows come from (its identity, store/migrations.c), and of which host: the one that claimed
-- the sensor's name last. Another one that carries the same name is not shipped, `ship --take-over` claims it anew.
CREATE TABLE IF NOT EXISTS {database}.sensors_local ON CLUSTER '{cluster}' (
    sensor String,
    revision UInt64,
    removed UInt8,
    claimed DateTime ALIAS toDateTime(intDiv(revision, 1000)),
    database UInt64,
    host String
) ENGINE = ReplicatedReplacingMergeTree(
    '/clickhouse/tables/{shard}/{database}/sensors', '{replica}', revision)
ORDER BY sensor;

CREATE TABLE IF NOT EXISTS {database}.sensors ON CLUSTER '{cluster}' AS {database}.sensors_local
ENGINE = Distributed('{cluster}', '{database}', sensors_local, cityHash64(sensor));
