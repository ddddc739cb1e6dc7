#include "store/tables.h"

#include "store/sql.h"

/* clang-format off */
#define COUNTER(name) "    " #name " INTEGER NOT NULL,"
/* An element in a value of incidents.evidence, which is a text or the number of one. */
#define EVIDENCE_TEXT(n)                                                                           \
    "    iif(json_type(e.value, '$[" #n "]') = 'integer', "                                        \
    "        i.evidence ->> ('$.texts[' || (e.value ->> " #n ") || ']'), e.value ->> " #n ")"

/* Addresses and names are presentation text, so that sqlite3(1) shows what is meant. Times are
 * integer nanoseconds UTC. Identities are the bits of an unsigned 64-bit hash in a signed integer.
 * `run` is the reading that wrote a row: what a source gave in an earlier run and not in the latest
 * is removed. */
const char tables_sql[] =
    /* Whoever follows the database reads what has changed: each transaction that writes has a
     * revision, higher than all before, and each row that of the transaction that wrote it last.
     * `identity` is this database's own. */
    "CREATE TABLE ledger ("
    "    identity INTEGER NOT NULL,"
    "    revision INTEGER NOT NULL"
    ") STRICT;"

    /* What a source gave and does not give any more: the row's key as a JSON array, in which a
     * source is its fingerprint. What only became too old is not here. */
    "CREATE TABLE removals ("
    "    kind TEXT NOT NULL,"
    "    key TEXT NOT NULL,"
    "    revision INTEGER NOT NULL,"
    "    time_ns INTEGER NOT NULL,"
    "    PRIMARY KEY (kind, key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX removals_by_revision ON removals (kind, revision);"

    "CREATE TABLE runs ("
    "    id INTEGER PRIMARY KEY,"
    "    analyzer_version TEXT NOT NULL,"
    "    sensor TEXT NOT NULL,"
    "    finished INTEGER NOT NULL DEFAULT 0,"
    "    begun_ns INTEGER"
    ") STRICT;"

    /* A capture, known again by its content, and its health. */
    "CREATE TABLE sources ("
    "    id INTEGER PRIMARY KEY,"
    "    fingerprint INTEGER NOT NULL UNIQUE,"
    "    run INTEGER NOT NULL REFERENCES runs,"
    "    name TEXT NOT NULL,"
    "    packets INTEGER NOT NULL DEFAULT 0,"
    "    dns_messages INTEGER NOT NULL DEFAULT 0,"
    "    dns_responses INTEGER NOT NULL DEFAULT 0,"
    "    first_time_ns INTEGER,"
    "    last_time_ns INTEGER,"
    "    revision INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE INDEX sources_by_revision ON sources (revision);"

    "CREATE TABLE source_losses ("
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    kind TEXT NOT NULL CHECK (kind IN ('dropped', 'evicted')),"
    "    reason TEXT NOT NULL,"
    "    count INTEGER NOT NULL,"
    "    PRIMARY KEY (source, kind, reason)"
    ") STRICT, WITHOUT ROWID;"

    /* Identities are hashes, which scatter: what belongs to an incident hangs on its row number.
     * An incident stands for `weight`, itself included. Evidence is JSON (store/evidence.h). */
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
    "    advice TEXT NOT NULL,"
    "    evidence_total INTEGER NOT NULL,"
    "    weight INTEGER NOT NULL DEFAULT 1,"
    "    evidence TEXT NOT NULL DEFAULT '{\"exchanges\":[]}',"
    "    revision INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE INDEX incidents_by_time ON incidents (time_ns);"
    "CREATE INDEX incidents_by_zone ON incidents (zone, time_ns);"
    "CREATE INDEX incidents_by_outage ON incidents (outage, time_ns);"
    "CREATE INDEX incidents_by_source ON incidents (source, run);"
    "CREATE INDEX incidents_by_revision ON incidents (revision);"

    "CREATE TABLE incident_ede ("
    "    incident INTEGER NOT NULL REFERENCES incidents ON DELETE CASCADE,"
    "    seq INTEGER NOT NULL,"
    "    code INTEGER NOT NULL,"
    "    text BLOB NOT NULL,"
    "    PRIMARY KEY (incident, seq)"
    ") STRICT, WITHOUT ROWID;"

    /* Same cause, zone and servers without a long pause. `stale`: incidents were taken away or
     * moved, the times are to be made anew. */
    "CREATE TABLE outages ("
    "    identity INTEGER PRIMARY KEY,"
    "    cause TEXT NOT NULL,"
    "    zone TEXT,"
    "    resolver TEXT NOT NULL,"
    "    first_time_ns INTEGER NOT NULL,"
    "    last_time_ns INTEGER NOT NULL,"
    "    stale INTEGER NOT NULL DEFAULT 0,"
    "    revision INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE INDEX outages_by_time ON outages (last_time_ns, first_time_ns);"
    "CREATE INDEX outages_stale ON outages (stale) WHERE stale;"
    "CREATE INDEX outages_by_revision ON outages (revision);"

    "CREATE TABLE outage_servers ("
    "    outage INTEGER NOT NULL REFERENCES outages ON DELETE CASCADE,"
    "    address TEXT NOT NULL,"
    "    name TEXT,"
    "    PRIMARY KEY (outage, address)"
    ") STRICT, WITHOUT ROWID;"

    /* SERVFAILs of an outage in a quarter of an hour, exactly: `cached` of them came out of a
     * resolver's cache, `kept` of them have a row in incidents. `clients` is a sketch
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
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    PRIMARY KEY (outage, quarter_ns, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX outage_counts_by_time ON outage_counts (quarter_ns);"
    "CREATE INDEX outage_counts_by_revision ON outage_counts (revision);"

    /* SERVFAILs of a resolver in a minute, exactly, by the cause that counts: a cached failure's is
     * that of its outage. elapsed_n as latency_n in minutes. */
    "CREATE TABLE servfails ("
    "    minute_ns INTEGER NOT NULL,"
    "    resolver TEXT NOT NULL,"
    "    cause TEXT NOT NULL,"
    "    cached INTEGER NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    incidents INTEGER NOT NULL,"
    ELAPSED_COUNTERS(COUNTER)
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    PRIMARY KEY (minute_ns, resolver, cause, cached, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX servfails_by_revision ON servfails (revision);"

    /* Whom a resolver gave a SERVFAIL in a quarter of an hour: a sketch. */
    "CREATE TABLE servfail_clients ("
    "    quarter_ns INTEGER NOT NULL,"
    "    resolver TEXT NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    "    clients BLOB NOT NULL,"
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    PRIMARY KEY (quarter_ns, resolver, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX servfail_clients_by_revision ON servfail_clients (revision);"

    /* What one address was asked: a watched resolver by its clients in a minute, any other server by
     * the resolvers in a quarter of an hour. rcode_n counts responses by the header's RCODE,
     * latency_n by response time: up to 100 us, doubling, the last without a bound. */
    "CREATE TABLE minutes ("
    "    minute_ns INTEGER NOT NULL,"
    "    server TEXT NOT NULL,"
    "    is_resolver INTEGER NOT NULL,"
    "    source INTEGER NOT NULL,"
    "    run INTEGER NOT NULL,"
    MINUTE_COUNTERS(COUNTER)
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    PRIMARY KEY (minute_ns, server, is_resolver, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX minutes_by_revision ON minutes (revision);"

    /* A live capture's health by minute. */
    "CREATE TABLE health ("
    "    minute_ns INTEGER NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    HEALTH_COUNTERS(COUNTER)
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    PRIMARY KEY (minute_ns, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX health_by_revision ON health (revision);"

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
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    PRIMARY KEY (zone, type_covered, key_tag, algorithm, server, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX signatures_by_time ON signatures (last_seen_ns);"
    "CREATE INDEX signatures_by_revision ON signatures (revision);"

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
    "    revision INTEGER NOT NULL DEFAULT 0,"
    "    PRIMARY KEY (zone, server, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX delegations_by_time ON delegations (last_seen_ns);"
    "CREATE INDEX delegations_by_revision ON delegations (revision);"
    /* The parts of incidents.evidence as rows. */
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
    "CREATE VIEW incident_servers AS SELECT i.id AS incident, e.value ->> 0 AS part, e.key AS seq,"
    EVIDENCE_TEXT(1) " AS address,"
    EVIDENCE_TEXT(2) " AS name,"
    EVIDENCE_TEXT(3) " AS outcome"
    " FROM incidents AS i, json_each(i.evidence, '$.servers') AS e;"
    "CREATE VIEW incident_contributing AS SELECT i.id AS incident, e.key + 1 AS part,"
    EVIDENCE_TEXT(0) " AS cause,"
    EVIDENCE_TEXT(1) " AS zone"
    " FROM incidents AS i, json_each(i.evidence, '$.contributing') AS e;"
    "INSERT INTO ledger VALUES (random(), 0);";
/* clang-format on */
