#include "store/migrations.h"
#include "store/sql.h"

/* clang-format off */
#define COUNTER(name) "    " #name " INTEGER NOT NULL,"
#define REVISION      "    revision INTEGER NOT NULL DEFAULT 0"

/* Addresses and names are presentation text, so that sqlite3(1) shows what is meant. Times are
 * integer nanoseconds UTC. Identities are the bits of an unsigned 64-bit hash in a signed integer.
 * `run` is the reading that wrote a row: what a source gave in an earlier run and not in the latest
 * is removed.
 *
 * Whoever follows the database reads what has changed. Each transaction that writes has a revision,
 * higher than all before (about milliseconds since 1970, so that it is higher than those of a
 * database whose place this one has taken, too), and each row that of the transaction that wrote it
 * last. Since writers take turns, who has seen a revision has seen all that are lower. */
const char newest_schema[] =
    "CREATE TABLE runs ("
    "    id INTEGER PRIMARY KEY,"
    "    analyzer_version TEXT NOT NULL,"
    "    sensor TEXT NOT NULL,"
    "    finished INTEGER NOT NULL DEFAULT 0,"
    "    begun_ns INTEGER" /* by the wall clock */
    ") STRICT;"

    /* `identity` is this database's own. */
    "CREATE TABLE ledger (identity INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;"
    "INSERT INTO ledger VALUES (random(), 0);"

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
    "    last_time_ns INTEGER,"
    REVISION
    ") STRICT;"
    "CREATE INDEX sources_by_revision ON sources (revision);"
    "CREATE TABLE source_losses ("
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    kind TEXT NOT NULL CHECK (kind IN ('dropped', 'evicted')),"
    "    reason TEXT NOT NULL,"
    "    count INTEGER NOT NULL,"
    "    PRIMARY KEY (source, kind, reason)"
    ") STRICT, WITHOUT ROWID;"

    /* Same cause, zone and servers without a long pause. `stale`: incidents were taken away or
     * moved, and its span and servers are to be found anew. */
    "CREATE TABLE outages ("
    "    identity INTEGER PRIMARY KEY,"
    "    cause TEXT NOT NULL,"
    "    zone TEXT,"
    "    resolver TEXT NOT NULL,"
    "    first_time_ns INTEGER NOT NULL,"
    "    last_time_ns INTEGER NOT NULL,"
    "    stale INTEGER NOT NULL DEFAULT 0,"
    REVISION
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
     * resolver's cache, `kept` of them have a row in incidents. The sum over all quarters and
     * sources is the outage; the time zones' days begin at quarters. `clients` is a sketch of the
     * distinct clients (store/sketch.h), before they were anonymised. */
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
    REVISION ","
    "    PRIMARY KEY (outage, quarter_ns, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX outage_counts_by_time ON outage_counts (quarter_ns);"
    "CREATE INDEX outage_counts_by_revision ON outage_counts (revision);"

    /* What is counted does not stand on the rows of incidents, of which only samples are kept when
     * there are many (store/counts.h): each stands for `weight`, itself included. Identities are
     * hashes, which scatter: what belongs to an incident hangs on its row number, so that it is
     * appended and not strewn over the file. What is only ever read with it lives in one value, as
     * JSON (store/evidence.h); views show that as rows. */
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
    "    evidence_total INTEGER NOT NULL,"
    "    weight INTEGER NOT NULL DEFAULT 1,"
    "    evidence TEXT NOT NULL DEFAULT '{\"exchanges\":[]}',"
    REVISION
    ") STRICT;"
    "CREATE INDEX incidents_by_time ON incidents (time_ns);"
    "CREATE INDEX incidents_by_zone ON incidents (zone, time_ns);"
    "CREATE INDEX incidents_by_outage ON incidents (outage, time_ns);"
    "CREATE INDEX incidents_by_source ON incidents (source, run);"
    "CREATE INDEX incidents_by_revision ON incidents (revision);"
    EVIDENCE_VIEW

    /* Part 0 are the servers at fault, part n those of the contributing cause n. */
    INCIDENT_SERVERS_VIEW
    INCIDENT_CONTRIBUTING_VIEW
    "CREATE TABLE incident_ede ("
    "    incident INTEGER NOT NULL REFERENCES incidents ON DELETE CASCADE,"
    "    seq INTEGER NOT NULL,"
    "    code INTEGER NOT NULL,"
    "    text BLOB NOT NULL," /* any bytes, as sent */
    "    PRIMARY KEY (incident, seq)"
    ") STRICT, WITHOUT ROWID;"

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
    ELAPSED_COUNTERS(COUNTER)
    REVISION ","
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
    REVISION ","
    "    PRIMARY KEY (quarter_ns, resolver, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX servfail_clients_by_revision ON servfail_clients (revision);"

    /* What one address was asked: a watched resolver by its clients, in a minute; any other server
     * by the resolvers, in a quarter of an hour. rcode_n counts responses by the header's RCODE,
     * latency_n by response time: up to 100 us, doubling, the last without a bound. Zeroes cost a
     * byte each. They are the most rows: no constraint ties them to their source, before which they
     * go. */
    "CREATE TABLE minutes ("
    "    minute_ns INTEGER NOT NULL,"
    "    server TEXT NOT NULL,"
    "    is_resolver INTEGER NOT NULL,"
    "    source INTEGER NOT NULL,"
    "    run INTEGER NOT NULL,"
    MINUTE_COUNTERS(COUNTER)
    REVISION ","
    "    PRIMARY KEY (minute_ns, server, is_resolver, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX minutes_by_revision ON minutes (revision);"

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
    REVISION ","
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
    REVISION ","
    "    PRIMARY KEY (zone, server, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX delegations_by_time ON delegations (last_seen_ns);"
    "CREATE INDEX delegations_by_revision ON delegations (revision);"

    /* A live capture's health by minute: what came, what the kernel and the interface dropped, what
     * gave no message, what was forgotten for want of memory, and what could not be stored in time
     * (of incidents and of all other rows). One-sided where dns_responses is 0 or all of
     * dns_messages. */
    "CREATE TABLE health ("
    "    minute_ns INTEGER NOT NULL,"
    "    source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,"
    "    run INTEGER NOT NULL,"
    HEALTH_COUNTERS(COUNTER)
    REVISION ","
    "    PRIMARY KEY (minute_ns, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX health_by_revision ON health (revision);"

    /* What a source gave and does not give any more: the row's key as a JSON array, in which a
     * source is its fingerprint. What only became too old is not here. */
    "CREATE TABLE removals ("
    "    kind TEXT NOT NULL," /* the table */
    "    key TEXT NOT NULL,"
    "    revision INTEGER NOT NULL,"
    "    time_ns INTEGER NOT NULL," /* the row's */
    "    PRIMARY KEY (kind, key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX removals_by_revision ON removals (kind, revision);";
/* clang-format on */
