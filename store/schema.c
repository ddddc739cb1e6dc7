#include "store/schema.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* Step n leads from version n to n + 1. A step that was released is never changed: databases that
 * took it are out there.
 *
 * Addresses and names are presentation text, so that sqlite3(1) shows what is meant. Times are
 * integer nanoseconds UTC. Identities are the bits of an unsigned 64-bit hash in a signed integer.
 * `run` is the reading that wrote a row: what a source gave in an earlier run and not in the latest
 * is removed. */
static const char *const migrations[] = {
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
};

#define MIGRATION_COUNT ((int)(sizeof(migrations) / sizeof(migrations[0])))

int schema_version(void)
{
    return MIGRATION_COUNT;
}

static int failed(sqlite3 *database, const char *path, struct error *error)
{
    return error_set(error, "%s: %s", path, sqlite3_errmsg(database));
}

static int run(sqlite3 *database, const char *sql, const char *path, struct error *error)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        return failed(database, path, error);
    return 0;
}

static int ask_integer(sqlite3 *database, const char *sql, int64_t *value, const char *path,
                       struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int result = -1;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        *value = sqlite3_column_int64(statement, 0);
        result = 0;
    }
    if (result < 0 && sqlite3_errcode(database) == SQLITE_NOTADB)
        error_set(error, "%s: not a dnsblame database (no SQLite file at all)", path);
    else if (result < 0)
        failed(database, path, error);
    sqlite3_finalize(statement);
    return result;
}

/* What the file says it is. An empty database belongs to nobody yet. */
static int identify(sqlite3 *database, const char *path, int64_t *version, bool *empty,
                    struct error *error)
{
    int64_t application, tables;

    if (ask_integer(database, "PRAGMA application_id", &application, path, error) < 0 ||
        ask_integer(database, "PRAGMA user_version", version, path, error) < 0 ||
        ask_integer(database, "SELECT count(*) FROM sqlite_schema", &tables, path, error) < 0)
        return -1;
    *empty = application == 0 && *version == 0 && tables == 0;
    if (!*empty && application != SCHEMA_APPLICATION_ID)
        return error_set(error, "%s: not a dnsblame database (of another program)", path);
    if (*version > MIGRATION_COUNT)
        return error_set(error,
                         "%s: written by a newer dnsblame: schema version %" PRId64
                         ", this one knows versions up to %d",
                         path, *version, MIGRATION_COUNT);
    return 0;
}

/* Somebody else may be migrating at this moment: only inside the transaction is the version
 * certain. */
static int take_step(sqlite3 *database, const char *path, bool *done, struct error *error)
{
    int64_t version;
    char pragmas[96];

    if (run(database, "BEGIN IMMEDIATE", path, error) < 0)
        return -1;
    if (ask_integer(database, "PRAGMA user_version", &version, path, error) < 0)
        goto undo;
    *done = version >= MIGRATION_COUNT;
    if (!*done) {
        snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 SCHEMA_APPLICATION_ID, (int)version + 1);
        if (run(database, migrations[version], path, error) < 0 ||
            run(database, pragmas, path, error) < 0)
            goto undo;
    }
    if (run(database, "COMMIT", path, error) == 0)
        return 0;
undo:
    sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int schema_migrate(sqlite3 *database, const char *path, struct error *error)
{
    int64_t version;
    bool empty, done = false;

    if (identify(database, path, &version, &empty, error) < 0)
        return -1;
    /* Retention gives pages back later; that can only be chosen before the first table. */
    if (empty && run(database, "PRAGMA auto_vacuum = INCREMENTAL", path, error) < 0)
        return -1;
    if (run(database, "PRAGMA journal_mode = WAL", path, error) < 0)
        return -1;
    while (!done) {
        if (take_step(database, path, &done, error) < 0)
            return -1;
    }
    return 0;
}

int schema_check(sqlite3 *database, const char *path, struct error *error)
{
    int64_t version;
    bool empty;

    if (identify(database, path, &version, &empty, error) < 0)
        return -1;
    if (empty)
        return error_set(error, "%s: not a dnsblame database (it is empty)", path);
    if (version < MIGRATION_COUNT)
        return error_set(
            error,
            "%s: schema version %" PRId64
            " is older than this program's %d: dnsblame read --db brings it up to date",
            path, version, MIGRATION_COUNT);
    return 0;
}
