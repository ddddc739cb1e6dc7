#include "store/migrations.h"

/* clang-format off */
/* An element of an exchange in incidents.evidence, which is a text or the number of one. */
#define EVIDENCE_TEXT(n)                                                                           \
    "    iif(json_type(e.value, '$[" #n "]') = 'integer', "                                        \
    "        i.evidence ->> ('$.texts[' || (e.value ->> " #n ") || ']'), e.value ->> " #n ")"

/* The counters of minutes as version 4 knows them. */
#define COUNTERS_4(X)                                                                              \
    X(queries) X(responses) X(unanswered)                                                          \
    X(rcode_0) X(rcode_1) X(rcode_2) X(rcode_3) X(rcode_4) X(rcode_5) X(rcode_6) X(rcode_7)        \
    X(rcode_8) X(rcode_9) X(rcode_10) X(rcode_11) X(rcode_12) X(rcode_13) X(rcode_14) X(rcode_15)  \
    X(latency_0) X(latency_1) X(latency_2) X(latency_3) X(latency_4) X(latency_5) X(latency_6)     \
    X(latency_7) X(latency_8) X(latency_9) X(latency_10) X(latency_11) X(latency_12)               \
    X(latency_13) X(latency_14) X(latency_15) X(latency_16) X(latency_17) X(latency_18)            \
    X(latency_19)
#define COUNTER_COLUMN(name) "    " #name " INTEGER NOT NULL,"
#define COUNTER_SUM(name)    ", sum(" #name ")"

/* Step n leads from version n to n + 1. A step that was released is never changed: databases that
 * took it are out there.
 *
 * Addresses and names are presentation text, so that sqlite3(1) shows what is meant. Times are
 * integer nanoseconds UTC. Identities are the bits of an unsigned 64-bit hash in a signed integer.
 * `run` is the reading that wrote a row: what a source gave in an earlier run and not in the latest
 * is removed. */
const char *const migrations[MIGRATIONS] = {
    "CREATE TABLE runs ("
    "    id INTEGER PRIMARY KEY,"
    "    analyzer_version TEXT NOT NULL,"
    "    sensor TEXT NOT NULL,"
    "    finished INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"

    /* A capture file, known again by its content. The capture's health stands beside it. */
    "CREATE TABLE sources ("
    "    id INTEGER PRIMARY KEY,"
    "    fingerprint INTEGER NOT NULL UNIQUE,"
    "    run INTEGER NOT NULL REFERENCES runs,"
    "    name TEXT NOT NULL,"
    "    packets INTEGER NOT NULL DEFAULT 0,"
    "    dns_messages INTEGER NOT NULL DEFAULT 0,"
    "    dns_responses INTEGER NOT NULL DEFAULT 0,"
    "    first_time_ns INTEGER,"
    "    last_time_ns INTEGER"
    ") STRICT;"
    "CREATE TABLE source_losses ("
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    kind TEXT NOT NULL CHECK (kind IN ('dropped', 'evicted')),"
    "    reason TEXT NOT NULL,"
    "    count INTEGER NOT NULL,"
    "    PRIMARY KEY (source, kind, reason)"
    ") STRICT, WITHOUT ROWID;"

    /* Same cause, zone and servers without a long pause. `clients` is a sketch of the distinct
     * clients (store/sketch.h). `stale`: incidents were taken away or moved, the counts are to be
     * made anew. */
    "CREATE TABLE outages ("
    "    identity INTEGER PRIMARY KEY,"
    "    cause TEXT NOT NULL,"
    "    zone TEXT,"
    "    resolver TEXT NOT NULL,"
    "    first_time_ns INTEGER NOT NULL,"
    "    last_time_ns INTEGER NOT NULL,"
    "    incidents INTEGER NOT NULL,"
    "    clients BLOB NOT NULL,"
    "    stale INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE INDEX outages_by_time ON outages (last_time_ns, first_time_ns);"
    "CREATE INDEX outages_stale ON outages (stale) WHERE stale;"
    "CREATE TABLE outage_servers ("
    "    outage INTEGER NOT NULL REFERENCES outages ON DELETE CASCADE,"
    "    address TEXT NOT NULL,"
    "    name TEXT,"
    "    PRIMARY KEY (outage, address)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX outage_servers_by_address ON outage_servers (address);"

    /* Identities are hashes, which scatter: what belongs to an incident hangs on its row number, so
     * that it is appended and not strewn over the file. */
    "CREATE TABLE incidents ("
    "    id INTEGER PRIMARY KEY,"
    "    identity INTEGER NOT NULL UNIQUE,"
    "    run INTEGER NOT NULL REFERENCES runs,"
    "    source INTEGER NOT NULL REFERENCES sources,"
    "    frame INTEGER NOT NULL,"
    "    query_source INTEGER,"
    "    query_frame INTEGER,"
    "    outage INTEGER,"
    "    origin INTEGER,"
    "    time_ns INTEGER NOT NULL,"
    "    elapsed_ns INTEGER,"
    "    client TEXT NOT NULL,"
    "    client_port INTEGER NOT NULL,"
    "    client_is_resolver INTEGER NOT NULL,"
    "    resolver TEXT NOT NULL,"
    "    transport TEXT NOT NULL,"
    "    message_id INTEGER NOT NULL,"
    "    rd INTEGER NOT NULL,"
    "    cd INTEGER NOT NULL,"
    "    dnssec_ok INTEGER NOT NULL,"
    "    qname TEXT,"
    "    qtype INTEGER NOT NULL,"
    "    qclass INTEGER NOT NULL,"
    "    cause TEXT NOT NULL,"
    "    confidence TEXT NOT NULL,"
    "    zone TEXT,"
    "    explanation TEXT NOT NULL,"
    "    advice TEXT NOT NULL," /* one a line */
    "    evidence_total INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX incidents_by_time ON incidents (time_ns);"
    "CREATE INDEX incidents_by_cause ON incidents (cause, time_ns);"
    "CREATE INDEX incidents_by_zone ON incidents (zone, time_ns);"
    "CREATE INDEX incidents_by_outage ON incidents (outage, time_ns);"
    "CREATE INDEX incidents_by_source ON incidents (source, run);"

    "CREATE TABLE incident_ede ("
    "    incident INTEGER NOT NULL REFERENCES incidents ON DELETE CASCADE,"
    "    seq INTEGER NOT NULL,"
    "    code INTEGER NOT NULL,"
    "    text BLOB NOT NULL," /* any bytes, as sent */
    "    PRIMARY KEY (incident, seq)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE incident_contributing ("
    "    incident INTEGER NOT NULL REFERENCES incidents ON DELETE CASCADE,"
    "    part INTEGER NOT NULL," /* from 1 */
    "    cause TEXT NOT NULL,"
    "    zone TEXT,"
    "    PRIMARY KEY (incident, part)"
    ") STRICT, WITHOUT ROWID;"

    /* Part 0 are the servers at fault, part n those of the contributing cause n. */
    "CREATE TABLE incident_servers ("
    "    incident INTEGER NOT NULL REFERENCES incidents ON DELETE CASCADE,"
    "    part INTEGER NOT NULL,"
    "    seq INTEGER NOT NULL,"
    "    address TEXT NOT NULL,"
    "    name TEXT,"
    "    outcome TEXT NOT NULL,"
    "    PRIMARY KEY (incident, part, seq)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX incident_servers_by_address ON incident_servers (address, part);"

    "CREATE TABLE evidence ("
    "    incident INTEGER NOT NULL REFERENCES incidents ON DELETE CASCADE,"
    "    seq INTEGER NOT NULL,"
    "    time_ns INTEGER NOT NULL,"
    "    response_time_ns INTEGER,"
    "    server TEXT NOT NULL,"
    "    server_name TEXT,"
    "    zone TEXT,"
    "    transport TEXT NOT NULL,"
    "    qname TEXT,"
    "    qtype INTEGER NOT NULL,"
    "    outcome TEXT NOT NULL,"
    "    why TEXT NOT NULL,"
    "    source INTEGER NOT NULL,"
    "    frame INTEGER NOT NULL,"
    "    response_source INTEGER,"
    "    response_frame INTEGER,"
    "    PRIMARY KEY (incident, seq)"
    ") STRICT, WITHOUT ROWID;"

    /* What one address was asked in one minute: a watched resolver by its clients, any other server
     * by the resolvers. rcode_n counts responses by the header's RCODE, latency_n by response time:
     * up to 100 us, doubling, the last without a bound. Zeroes cost a byte each. */
    "CREATE TABLE minutes ("
    "    minute_ns INTEGER NOT NULL,"
    "    server TEXT NOT NULL,"
    "    is_resolver INTEGER NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    queries INTEGER NOT NULL,"
    "    responses INTEGER NOT NULL,"
    "    unanswered INTEGER NOT NULL,"
    "    rcode_0 INTEGER NOT NULL, rcode_1 INTEGER NOT NULL, rcode_2 INTEGER NOT NULL,"
    "    rcode_3 INTEGER NOT NULL, rcode_4 INTEGER NOT NULL, rcode_5 INTEGER NOT NULL,"
    "    rcode_6 INTEGER NOT NULL, rcode_7 INTEGER NOT NULL, rcode_8 INTEGER NOT NULL,"
    "    rcode_9 INTEGER NOT NULL, rcode_10 INTEGER NOT NULL, rcode_11 INTEGER NOT NULL,"
    "    rcode_12 INTEGER NOT NULL, rcode_13 INTEGER NOT NULL, rcode_14 INTEGER NOT NULL,"
    "    rcode_15 INTEGER NOT NULL,"
    "    latency_0 INTEGER NOT NULL, latency_1 INTEGER NOT NULL, latency_2 INTEGER NOT NULL,"
    "    latency_3 INTEGER NOT NULL, latency_4 INTEGER NOT NULL, latency_5 INTEGER NOT NULL,"
    "    latency_6 INTEGER NOT NULL, latency_7 INTEGER NOT NULL, latency_8 INTEGER NOT NULL,"
    "    latency_9 INTEGER NOT NULL, latency_10 INTEGER NOT NULL, latency_11 INTEGER NOT NULL,"
    "    latency_12 INTEGER NOT NULL, latency_13 INTEGER NOT NULL, latency_14 INTEGER NOT NULL,"
    "    latency_15 INTEGER NOT NULL, latency_16 INTEGER NOT NULL, latency_17 INTEGER NOT NULL,"
    "    latency_18 INTEGER NOT NULL, latency_19 INTEGER NOT NULL,"
    "    PRIMARY KEY (minute_ns, server, is_resolver, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX minutes_by_server ON minutes (server, minute_ns);"
    "CREATE INDEX minutes_by_source ON minutes (source, run);",

    /* Version 2: what is counted no longer stands on the rows of incidents, of which only samples
     * are kept when there are many (store/counts.h). */
    "ALTER TABLE runs ADD COLUMN begun_ns INTEGER;" /* by the wall clock */

    /* The incident stands for so many, itself included. */
    "ALTER TABLE incidents ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;"
    "DROP INDEX incidents_by_cause;"

    /* The evidence is only ever read with its incident and lives in one value, as JSON
     * (store/evidence.h); the view shows it as rows. */
    "ALTER TABLE incidents ADD COLUMN evidence TEXT NOT NULL DEFAULT '{\"exchanges\":[]}';"
    "UPDATE incidents SET evidence = json_object('exchanges', ("
    "    SELECT json_group_array(json_array(e.time_ns - incidents.time_ns,"
    "        e.response_time_ns - e.time_ns, server, server_name, e.zone, e.transport, e.qname,"
    "        e.qtype, outcome, why, e.source, e.frame, response_source, response_frame))"
    "    FROM (SELECT * FROM evidence WHERE incident = incidents.id ORDER BY seq) AS e));"
    "DROP TABLE evidence;"
    "CREATE VIEW evidence AS SELECT i.id AS incident, e.key AS seq,"
    "    i.time_ns + (e.value ->> 0) AS time_ns,"
    "    i.time_ns + (e.value ->> 0) + (e.value ->> 1) AS response_time_ns,"
    EVIDENCE_TEXT(2) " AS server,"
    EVIDENCE_TEXT(3) " AS server_name,"
    EVIDENCE_TEXT(4) " AS zone,"
    EVIDENCE_TEXT(5) " AS transport,"
    EVIDENCE_TEXT(6) " AS qname,"
    "    e.value ->> 7 AS qtype,"
    EVIDENCE_TEXT(8) " AS outcome,"
    EVIDENCE_TEXT(9) " AS why,"
    "    e.value ->> 10 AS source, e.value ->> 11 AS frame,"
    "    e.value ->> 12 AS response_source, e.value ->> 13 AS response_frame"
    " FROM incidents AS i, json_each(i.evidence, '$.exchanges') AS e;"

    /* SERVFAILs of an outage in a quarter of an hour, exactly: `cached` of them came out of a
     * resolver's cache, `kept` of them have a row in incidents. The sum over all quarters and
     * sources is the outage; the time zones' days begin at quarters. `clients` is a sketch
     * (store/sketch.h), of the clients before they were anonymised. */
    "CREATE TABLE outage_counts ("
    "    outage INTEGER NOT NULL REFERENCES outages ON DELETE CASCADE,"
    "    quarter_ns INTEGER NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    incidents INTEGER NOT NULL,"
    "    cached INTEGER NOT NULL,"
    "    kept INTEGER NOT NULL,"
    "    first_time_ns INTEGER NOT NULL,"
    "    last_time_ns INTEGER NOT NULL,"
    "    clients BLOB NOT NULL,"
    "    PRIMARY KEY (outage, quarter_ns, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX outage_counts_by_time ON outage_counts (quarter_ns);"

    /* SERVFAILs of a resolver in a minute, exactly, by the cause that counts: a cached failure's is
     * that of its outage. elapsed_n as latency_n in minutes; what is missing in them was of unknown
     * duration, its query was not seen. */
    "CREATE TABLE servfails ("
    "    minute_ns INTEGER NOT NULL,"
    "    resolver TEXT NOT NULL,"
    "    cause TEXT NOT NULL,"
    "    cached INTEGER NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    incidents INTEGER NOT NULL,"
    "    elapsed_0 INTEGER NOT NULL, elapsed_1 INTEGER NOT NULL, elapsed_2 INTEGER NOT NULL,"
    "    elapsed_3 INTEGER NOT NULL, elapsed_4 INTEGER NOT NULL, elapsed_5 INTEGER NOT NULL,"
    "    elapsed_6 INTEGER NOT NULL, elapsed_7 INTEGER NOT NULL, elapsed_8 INTEGER NOT NULL,"
    "    elapsed_9 INTEGER NOT NULL, elapsed_10 INTEGER NOT NULL, elapsed_11 INTEGER NOT NULL,"
    "    elapsed_12 INTEGER NOT NULL, elapsed_13 INTEGER NOT NULL, elapsed_14 INTEGER NOT NULL,"
    "    elapsed_15 INTEGER NOT NULL, elapsed_16 INTEGER NOT NULL, elapsed_17 INTEGER NOT NULL,"
    "    elapsed_18 INTEGER NOT NULL, elapsed_19 INTEGER NOT NULL,"
    "    PRIMARY KEY (minute_ns, resolver, cause, cached, source)"
    ") STRICT, WITHOUT ROWID;"

    /* Whom a resolver gave a SERVFAIL in a quarter of an hour: a sketch. */
    "CREATE TABLE servfail_clients ("
    "    quarter_ns INTEGER NOT NULL,"
    "    resolver TEXT NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    clients BLOB NOT NULL,"
    "    PRIMARY KEY (quarter_ns, resolver, source)"
    ") STRICT, WITHOUT ROWID;"

    /* Of the signatures of one key over one type that a server gave out, the one that expires
     * last. */
    "CREATE TABLE signatures ("
    "    zone TEXT NOT NULL,"
    "    type_covered INTEGER NOT NULL,"
    "    key_tag INTEGER NOT NULL,"
    "    algorithm INTEGER NOT NULL,"
    "    server TEXT NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    inception_ns INTEGER NOT NULL,"
    "    expiration_ns INTEGER NOT NULL,"
    "    first_seen_ns INTEGER NOT NULL,"
    "    last_seen_ns INTEGER NOT NULL,"
    "    PRIMARY KEY (zone, type_covered, key_tag, algorithm, server, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX signatures_by_time ON signatures (last_seen_ns);"

    /* A server that a delegation lists (`nameservers` names and `listed` addresses in all), and
     * since when it stands as it does: outcome 'answer' serves the zone. */
    "CREATE TABLE delegations ("
    "    zone TEXT NOT NULL,"
    "    server TEXT NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    server_name TEXT,"
    "    nameservers INTEGER NOT NULL,"
    "    listed INTEGER NOT NULL,"
    "    outcome TEXT NOT NULL,"
    "    since_ns INTEGER NOT NULL,"
    "    last_seen_ns INTEGER NOT NULL,"
    "    PRIMARY KEY (zone, server, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX delegations_by_time ON delegations (last_seen_ns);"

    /* A live capture's health by minute: what came, what the kernel and the interface dropped, what
     * gave no message, what was forgotten for want of memory, and what could not be stored in time
     * (of incidents and of all other rows). One-sided where dns_responses is 0 or all of
     * dns_messages. */
    "CREATE TABLE health ("
    "    minute_ns INTEGER NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    packets INTEGER NOT NULL,"
    "    dns_messages INTEGER NOT NULL,"
    "    dns_responses INTEGER NOT NULL,"
    "    kernel_drops INTEGER NOT NULL,"
    "    interface_drops INTEGER NOT NULL,"
    "    unparsed INTEGER NOT NULL,"
    "    evicted INTEGER NOT NULL,"
    "    unstored_incidents INTEGER NOT NULL,"
    "    unstored_others INTEGER NOT NULL,"
    "    PRIMARY KEY (minute_ns, source)"
    ") STRICT, WITHOUT ROWID;"

    /* What version 1 held, counted. It kept all, knew clients by their text, and called an outage
     * 'cached.failure' after its last incident. */
    "UPDATE outages SET cause = coalesce((SELECT cause FROM incidents"
    "    WHERE outage = outages.identity AND cause <> 'cached.failure' LIMIT 1), cause);"
    "INSERT INTO outage_counts SELECT outage, time_ns - time_ns % 900000000000, source, max(run),"
    "    count(*), count(*) FILTER (WHERE cause = 'cached.failure'), count(*), min(time_ns),"
    "    max(time_ns), sketch(client) FROM incidents WHERE outage IS NOT NULL"
    " GROUP BY 1, 2, 3;"
    "INSERT INTO servfails SELECT time_ns - time_ns % 60000000000, i.resolver,"
    "    coalesce(o.cause, i.cause), i.cause = 'cached.failure', source, max(run), count(*),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 <= 100),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 100 AND elapsed_ns / 1000 <= 200),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 200 AND elapsed_ns / 1000 <= 400),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 400 AND elapsed_ns / 1000 <= 800),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 800 AND elapsed_ns / 1000 <= 1600),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 1600 AND elapsed_ns / 1000 <= 3200),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 3200 AND elapsed_ns / 1000 <= 6400),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 6400 AND elapsed_ns / 1000 <= 12800),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 12800 AND elapsed_ns / 1000 <= 25600),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 25600 AND elapsed_ns / 1000 <= 51200),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 51200 AND elapsed_ns / 1000 <= 102400),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 102400 AND elapsed_ns / 1000 <= 204800),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 204800 AND elapsed_ns / 1000 <= 409600),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 409600 AND elapsed_ns / 1000 <= 819200),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 819200 AND elapsed_ns / 1000 <= 1638400),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 1638400 AND elapsed_ns / 1000 <= 3276800),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 3276800 AND elapsed_ns / 1000 <= 6553600),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 6553600 AND elapsed_ns / 1000 <= 13107200),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 13107200 AND elapsed_ns / 1000 <= 26214400),"
    "    count(*) FILTER (WHERE elapsed_ns / 1000 > 26214400)"
    " FROM incidents AS i LEFT JOIN outages AS o ON i.outage = o.identity"
    " GROUP BY 1, 2, 3, 4, 5;"
    "INSERT INTO servfail_clients SELECT time_ns - time_ns % 900000000000, resolver, source,"
    "    max(run), sketch(client) FROM incidents"
    " GROUP BY 1, 2, 3;"
    "ALTER TABLE outages DROP COLUMN incidents;"
    "ALTER TABLE outages DROP COLUMN clients;",

    /* Version 3: whoever follows the database reads what has changed. Each transaction that writes
     * has a revision, higher than all before (about milliseconds since 1970, so that it is higher
     * than those of a database whose place this one has taken, too), and each row that of the
     * transaction that wrote it last. Since writers take turns, who has seen a revision has seen
     * all that are lower. `identity` is this database's own. */
    "CREATE TABLE ledger (identity INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;"
    "INSERT INTO ledger VALUES (random(), 0);"
    "ALTER TABLE incidents ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX incidents_by_revision ON incidents (revision);"
    "ALTER TABLE outages ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX outages_by_revision ON outages (revision);"
    "ALTER TABLE outage_counts ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX outage_counts_by_revision ON outage_counts (revision);"
    "ALTER TABLE servfails ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX servfails_by_revision ON servfails (revision);"
    "ALTER TABLE servfail_clients ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX servfail_clients_by_revision ON servfail_clients (revision);"
    "ALTER TABLE minutes ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX minutes_by_revision ON minutes (revision);"
    "ALTER TABLE health ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX health_by_revision ON health (revision);"
    "ALTER TABLE sources ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX sources_by_revision ON sources (revision);"
    "ALTER TABLE signatures ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX signatures_by_revision ON signatures (revision);"
    "ALTER TABLE delegations ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX delegations_by_revision ON delegations (revision);"

    /* What a source gave and does not give any more: the row's key as a JSON array, in which a
     * source is its fingerprint. What only became too old is not here. */
    "CREATE TABLE removals ("
    "    kind TEXT NOT NULL," /* the table */
    "    key TEXT NOT NULL,"
    "    revision INTEGER NOT NULL,"
    "    time_ns INTEGER NOT NULL," /* the row's */
    "    PRIMARY KEY (kind, key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX removals_by_revision ON removals (kind, revision);",

    /* Version 4: what costs much to write and is seldom asked for. Servers and contributing causes
     * join the evidence in its value (store/evidence.h), shown as rows by views. */
    "UPDATE incidents SET evidence = json_set(evidence,"
    "    '$.servers', json((SELECT json_group_array(json_array(part, address, name, outcome))"
    "        FROM (SELECT * FROM incident_servers WHERE incident = incidents.id"
    "            ORDER BY part, seq))),"
    "    '$.contributing', json((SELECT json_group_array(json_array(cause, zone))"
    "        FROM (SELECT * FROM incident_contributing WHERE incident = incidents.id"
    "            ORDER BY part))));"
    "DROP TABLE incident_servers;"
    "DROP TABLE incident_contributing;"
    "CREATE VIEW incident_servers AS SELECT i.id AS incident, e.value ->> 0 AS part, e.key AS seq,"
    EVIDENCE_TEXT(1) " AS address,"
    EVIDENCE_TEXT(2) " AS name,"
    EVIDENCE_TEXT(3) " AS outcome"
    " FROM incidents AS i, json_each(i.evidence, '$.servers') AS e;"
    "CREATE VIEW incident_contributing AS SELECT i.id AS incident, e.key + 1 AS part,"
    EVIDENCE_TEXT(0) " AS cause,"
    EVIDENCE_TEXT(1) " AS zone"
    " FROM incidents AS i, json_each(i.evidence, '$.contributing') AS e;"
    "DROP INDEX outage_servers_by_address;"

    /* Minutes are the most rows. They no longer refer to their source by a constraint: they go
     * before it does. Those of servers are of quarters of an hour. */
    "CREATE TABLE minutes_anew ("
    "    minute_ns INTEGER NOT NULL,"
    "    server TEXT NOT NULL,"
    "    is_resolver INTEGER NOT NULL,"
    "    source INTEGER NOT NULL,"
    "    run INTEGER NOT NULL,"
    COUNTERS_4(COUNTER_COLUMN)
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    PRIMARY KEY (minute_ns, server, is_resolver, source)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO minutes_anew SELECT"
    "    iif(is_resolver, minute_ns, minute_ns - minute_ns % 900000000000) AS at, server,"
    "    is_resolver, source, max(run)" COUNTERS_4(COUNTER_SUM) ", max(revision)"
    " FROM minutes GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;"
    "DROP TABLE minutes;"
    "ALTER TABLE minutes_anew RENAME TO minutes;"
    "CREATE INDEX minutes_by_revision ON minutes (revision);",
};
/* clang-format on */
