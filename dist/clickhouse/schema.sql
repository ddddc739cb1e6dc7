-- The picture of all sensors, on one ClickHouse server (18.16 or later); cluster.sql is for several.
-- `dnsblame ship --create --to URL` applies it. By hand, in this order: clickhouse-client -d dnsblame -n < schema.sql,
-- then ttl.sql where the server can, then version.sql, which says that all is there.
--
-- Tables and columns are those of a sensor's SQLite database, with `sensor` in front: its name is its identity in the
-- fleet. Nothing refers to a row's number, which differs from database to database: `source` is the fingerprint of a
-- capture, and what belongs to an incident, an outage or a source stands in its row as arrays. Times are nanoseconds
-- UTC, `time` shows them; identities are the 64 bits that dnsblame prints as 16 hexadecimal digits, `id` shows them.
--
-- A row may come several times: of those with one identity (ORDER BY) the one of the highest `revision` is the truth,
-- and where it is `removed` the sensor took it back. Ask all tables so, before a merge has done it or after:
--
--     SELECT ... FROM incidents FINAL WHERE NOT removed AND time_ns >= ...
--
-- Tables of what happened at a time are partitioned by its day, and `time_ns >= ... AND time_ns < ...` reads no other:
-- what lives on and changes (outages, sources, signatures, delegations) is not: a row must stay in its partition.
--
-- *_hourly are the roll-ups. They are sums of an hour that a sensor makes of its own minutes and sends again, whole,
-- when a minute of the hour has changed: a materialised view here would add a repeated or corrected minute to what it
-- has counted already. The same rows come from any number of repeats.

CREATE TABLE IF NOT EXISTS dnsblame_schema (
    version UInt32,
    applied DateTime DEFAULT now()
) ENGINE = MergeTree ORDER BY version;

CREATE TABLE IF NOT EXISTS incidents (
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
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (sensor, intDiv(time_ns, 1000), identity);

CREATE TABLE IF NOT EXISTS outages (
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
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (sensor, identity);

-- SERVFAILs of an outage in a quarter of an hour. `clients` is a sketch (store/sketch.h), no addresses.
CREATE TABLE IF NOT EXISTS outage_counts (
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
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(quarter_ns, 1000000000), 'UTC'))
ORDER BY (sensor, outage, quarter_ns, source);

-- SERVFAILs of a resolver in a minute by cause, exactly. Of very many resolvers those that hardly anybody asked are
-- counted together, here and with their clients and minutes, and `resolver` is empty.
CREATE TABLE IF NOT EXISTS servfails (
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
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(minute_ns, 1000000000), 'UTC'))
ORDER BY (sensor, resolver, cause, cached, minute_ns, source);

CREATE TABLE IF NOT EXISTS servfails_hourly (
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
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(hour_ns, 1000000000), 'UTC'))
ORDER BY (sensor, resolver, cause, cached, hour_ns, source);

CREATE TABLE IF NOT EXISTS servfail_clients (
    sensor String,
    resolver String,
    quarter_ns Int64,
    source UInt64,
    revision UInt64,
    removed UInt8,
    time DateTime ALIAS toDateTime(intDiv(quarter_ns, 1000000000)),
    clients String
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(quarter_ns, 1000000000), 'UTC'))
ORDER BY (sensor, resolver, quarter_ns, source);

-- What one address was asked: a watched resolver by its clients, in one minute (is_resolver); any other server by the
-- resolvers, in some minutes of the same quarter of an hour, of which the first stands here. Where very many servers
-- were asked in it, those that hardly were share one row, of which `server` is empty.
CREATE TABLE IF NOT EXISTS minutes (
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
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(minute_ns, 1000000000), 'UTC'))
ORDER BY (sensor, is_resolver, server, minute_ns, source);

CREATE TABLE IF NOT EXISTS minutes_hourly (
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
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(hour_ns, 1000000000), 'UTC'))
ORDER BY (sensor, is_resolver, server, hour_ns, source);

-- A live capture's health.
CREATE TABLE IF NOT EXISTS health (
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
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(minute_ns, 1000000000), 'UTC'))
ORDER BY (sensor, source, minute_ns);

-- Captures, files and live ones, each with what it lost as a whole.
CREATE TABLE IF NOT EXISTS sources (
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
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (sensor, fingerprint);

CREATE TABLE IF NOT EXISTS signatures (
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
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (sensor, zone, type_covered, key_tag, algorithm, server, source);

CREATE TABLE IF NOT EXISTS delegations (
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
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (sensor, zone, server, source);

-- Which database a sensor's rows come from (its identity, store/migrations.c), and of which host: the one that claimed
-- the sensor's name last. Another one that carries the same name is not shipped, `ship --take-over` claims it anew.
CREATE TABLE IF NOT EXISTS sensors (
    sensor String,
    revision UInt64,
    removed UInt8,
    claimed DateTime ALIAS toDateTime(intDiv(revision, 1000)),
    database UInt64,
    host String
) ENGINE = ReplacingMergeTree(revision)
ORDER BY sensor;
