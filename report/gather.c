#include "report/gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/exchange.h"
#include "store/counts.h"
#include "store/sketch_sql.h"

/* The incidents of the span that lie in quarters of an hour that are not wholly in it. */
#define AT_THE_EDGES                                                                               \
    "((time_ns >= :from AND time_ns < :inner_from) OR (time_ns >= :inner_to AND time_ns < :to))"
#define IN_THE_MIDDLE(time) time " >= :inner_from AND " time " < :inner_to"
#define IN_ANY_MINUTE       "minute_ns >= :from_minute AND minute_ns < :to"
#define IN_THE_SPAN         "time_ns >= :from AND time_ns < :to"
/* Clients are sketched by quarters of an hour (with prefixes, by the addresses behind them), and
 * one of a part of a quarter cannot be told: the whole quarters count. Where there is none in the
 * span at all, it is the clients of the incidents' rows. */

/* A source that tells its health by the minute is a live one. */
#define HAS_HEALTH                                                                                 \
    "EXISTS (SELECT 1 FROM health WHERE health.source = sources.id "                               \
    "AND minute_ns > first_time_ns - 60000000000 AND minute_ns <= last_time_ns)"

/* clang-format off */
#define NEW_LATENCY(n)   ", latency_" #n
#define NEW_RCODE(n)     ", rcode_" #n
#define SUM_LATENCY(n)   ", sum(latency_" #n ")"
#define SUM_ELAPSED(n)   ", sum(elapsed_" #n ")"
#define SUM_RCODE(n)     ", sum(rcode_" #n ")"
#define EDGE_ELAPSED(n)  ", sum(weight) FILTER (WHERE latency_bucket(elapsed_ns) = " #n ")"

/* X(enum, table, its columns behind sensor and period, key, the periods it is of, SQL). Of a fleet
 * PAST, NAMES and HIT come added up. */
#define GATHERED(X)                                                                                \
    X(COVERED, "covered", "from_ns, to_ns", "", PERIOD_COUNT,                                      \
      "SELECT max(first_time_ns - first_time_ns % 60000000000, :from), "                            \
      "min(last_time_ns - last_time_ns % 60000000000 + 60000000000, :to) FROM sources "                 \
      "WHERE last_time_ns >= :from AND first_time_ns < :to AND NOT " HAS_HEALTH                    \
      " UNION ALL SELECT minute_ns, minute_ns + 60000000000 FROM health WHERE " IN_ANY_MINUTE)     \
    X(ASKED, "asked", "minute_ns, resolver, queries, responses, unanswered" GATHER_RCODES(NEW_RCODE), "", \
      PERIOD_COUNT,                                                                                \
      "SELECT minute_ns, server, sum(queries), sum(responses), sum(unanswered)" GATHER_RCODES(SUM_RCODE)  \
      " FROM minutes WHERE is_resolver AND " IN_ANY_MINUTE " AND " GATHER_OF_RESOLVERS("server")         \
      " GROUP BY minute_ns, server")          \
    X(FAILED, "failed", "minute_ns, resolver, cause, incidents, cached", "", PERIOD_COUNT,         \
      "SELECT minute_ns, resolver, cause, incidents, incidents * cached FROM servfails "           \
      "WHERE " IN_THE_MIDDLE("minute_ns") " AND " GATHER_OF_RESOLVERS("resolver")                     \
      " UNION ALL SELECT time_ns - time_ns % 60000000000, i.resolver, coalesce(o.cause, i.cause), "\
      "sum(weight), sum(iif(i.cause = 'cached.failure', weight, 0)) "                              \
      "FROM incidents i LEFT JOIN outages o ON o.identity = i.outage "                             \
      "WHERE " AT_THE_EDGES " AND " GATHER_OF_RESOLVERS("i.resolver") " GROUP BY 1, 2, 3")                                                   \
    X(PARTS, "parts", "outage, incidents, kept, first_ns, last_ns, clients",                       \
      ", PRIMARY KEY (sensor, period, outage)", PERIOD_COUNT,                                      \
      "SELECT outage, sum(incidents), sum(kept), min(first_ns), max(last_ns), "                    \
      "sketch_union(clients) FROM ("                                                               \
      "SELECT outage, incidents, kept, first_time_ns AS first_ns, last_time_ns AS last_ns, "       \
      "clients FROM outage_counts WHERE " IN_THE_MIDDLE("quarter_ns")                              \
      " UNION ALL SELECT outage, sum(weight), count(*), min(time_ns), max(time_ns), "              \
      "iif(:inner_from < :inner_to, NULL, sketch(client)) "                                        \
      "FROM incidents WHERE " AT_THE_EDGES " GROUP BY outage"                                      \
      " UNION ALL SELECT outage, 0, 0, NULL, NULL, clients FROM outage_counts "                    \
      "WHERE :inner_from < :inner_to AND ((quarter_ns >= :outer_from AND quarter_ns < :inner_from) "                            \
      "OR (quarter_ns >= :inner_to AND quarter_ns < :outer_to))) "                                 \
      "WHERE outage IS NOT NULL GROUP BY outage HAVING sum(incidents) > 0")                        \
    X(OUTAGES, "outages", "identity, cause, zone, resolver, first_ns, last_ns",                    \
      ", PRIMARY KEY (sensor, period, identity)", PERIOD_COUNT,                                    \
      "SELECT identity, cause, zone, resolver, first_time_ns, last_time_ns FROM outages "          \
      "WHERE last_time_ns >= :from AND first_time_ns < :to")                                       \
    X(BLAMED, "blamed", "outage, address, name", ", PRIMARY KEY (sensor, period, outage, address)",\
      PERIOD_BEFORE + 1,                                                                           \
      "SELECT outage, address, name FROM outages JOIN outage_servers ON outage = identity "        \
      "WHERE last_time_ns >= :from AND first_time_ns < :to")                                       \
    X(PAST, "past", "cause, zone, resolver, address, outages, last_ns", "", PERIOD_NOW + 1,                 \
      "SELECT cause, zone, resolver, NULL, count(*), max(last_time_ns) FROM outages "              \
      "WHERE last_time_ns < :from GROUP BY cause, zone, resolver "                                 \
      "UNION ALL SELECT cause, NULL, resolver, address, count(*), max(last_time_ns) "              \
      "FROM outages JOIN outage_servers ON outage = identity "                                     \
      "WHERE last_time_ns < :from AND zone IS NULL GROUP BY cause, resolver, address")                                 \
    X(CLIENTS, "clients", "resolver, clients", "", PERIOD_COUNT,                                   \
      "SELECT resolver, sketch_union(clients) FROM servfail_clients "                              \
      "WHERE quarter_ns >= :outer_from AND quarter_ns < :outer_to AND :inner_from < :inner_to "    \
      "AND " GATHER_OF_RESOLVERS("resolver")                                                          \
      " GROUP BY resolver UNION ALL SELECT resolver, sketch(client) FROM incidents "               \
      "WHERE :inner_from >= :inner_to AND " AT_THE_EDGES " AND " GATHER_OF_RESOLVERS("resolver")      \
      " GROUP BY resolver")                     \
    X(ELAPSED, "elapsed", "incidents" GATHER_LATENCIES(NEW_LATENCY), "", PERIOD_NOW + 1,                  \
      "SELECT sum(incidents)" GATHER_LATENCIES(SUM_ELAPSED) " FROM servfails "                            \
      "WHERE " IN_THE_MIDDLE("minute_ns") " AND " GATHER_OF_RESOLVERS("resolver")                     \
      " UNION ALL SELECT sum(weight)" GATHER_LATENCIES(EDGE_ELAPSED) " FROM incidents "                   \
      "WHERE " AT_THE_EDGES " AND " GATHER_OF_RESOLVERS("resolver"))                                                                       \
    X(NAMES, "names", "text, incidents, weight, kept", "", PERIOD_NOW + 1,                               \
      "SELECT qname, sum(weight), max(weight), count(*) FROM incidents WHERE " IN_THE_SPAN                   \
      " AND qname IS NOT NULL AND " GATHER_OF_RESOLVERS("resolver") " GROUP BY qname")                                                     \
    X(HIT, "hit", "text, incidents, weight, kept", "", PERIOD_NOW + 1,                                   \
      "SELECT client, sum(weight), max(weight), count(*) FROM incidents WHERE " IN_THE_SPAN                  \
      " AND " GATHER_OF_RESOLVERS("resolver") " GROUP BY client")                                                                          \
    X(SERVERS, "servers",                                                                          \
      "address, queries, responses, unanswered, servfails, refused" GATHER_LATENCIES(NEW_LATENCY),        \
      ", PRIMARY KEY (sensor, period, address)", PERIOD_BEFORE + 1,                                \
      "SELECT server, sum(queries), sum(responses), sum(unanswered), sum(rcode_2), sum(rcode_5)"   \
      GATHER_LATENCIES(SUM_LATENCY) " FROM minutes WHERE NOT is_resolver "                                \
      "AND minute_ns >= :outer_from AND minute_ns < :to GROUP BY server")                                                                          \
    X(SIGNATURES, "signatures",                                                                    \
      "zone, type, key_tag, algorithm, server, inception_ns, expiration_ns, first_ns, last_ns",    \
      "", PERIOD_NOW + 1,                                                                          \
      "SELECT zone, type_covered, key_tag, algorithm, server, inception_ns, expiration_ns, "       \
      "first_seen_ns, last_seen_ns FROM signatures "                                               \
      "WHERE first_seen_ns < :to AND last_seen_ns >= :recently")                                   \
    X(DELEGATIONS, "delegations", "zone, server, name, nameservers, listed, outcome, since_ns, last_ns", "",    \
      PERIOD_NOW + 1,                                                                              \
      "SELECT zone, server, server_name, nameservers, listed, outcome, since_ns, last_seen_ns "                 \
      "FROM delegations WHERE last_seen_ns >= :from AND since_ns < :to")                           \
    X(SOURCES, "sources",                                                                          \
      "name, live, packets, dns_messages, dns_responses, first_ns, last_ns", "", PERIOD_NOW + 1,   \
      "SELECT name, 0, packets, dns_messages, dns_responses, first_time_ns, last_time_ns "         \
      "FROM sources WHERE last_time_ns >= :from AND first_time_ns < :to AND NOT " HAS_HEALTH       \
      " UNION ALL SELECT name, 1, sum(health.packets), sum(health.dns_messages), "                 \
      "sum(health.dns_responses), min(minute_ns), max(minute_ns) + 60000000000 "                   \
      "FROM health JOIN sources ON sources.id = source WHERE " IN_ANY_MINUTE " GROUP BY source")   \
    X(LOSSES, "losses", "kind, reason, count", "", PERIOD_NOW + 1,                                 \
      "SELECT iif(reason = 'forecasts', 'unstored', kind), reason, count "                         \
      "FROM source_losses JOIN sources ON sources.id = source "                                    \
      "WHERE last_time_ns >= :from AND first_time_ns < :to AND NOT " HAS_HEALTH                    \
      " UNION ALL SELECT 'dropped', 'kernel', sum(kernel_drops) FROM health WHERE " IN_ANY_MINUTE  \
      " UNION ALL SELECT 'dropped', 'interface', sum(interface_drops) FROM health WHERE "          \
      IN_ANY_MINUTE                                                                                \
      " UNION ALL SELECT 'dropped', 'unparsed', sum(unparsed) FROM health WHERE " IN_ANY_MINUTE    \
      " UNION ALL SELECT 'evicted', 'any table', sum(evicted) FROM health WHERE " IN_ANY_MINUTE    \
      " UNION ALL SELECT 'unstored', 'incidents', sum(unstored_incidents) FROM health WHERE "      \
      IN_ANY_MINUTE                                                                                \
      " UNION ALL SELECT 'unstored', 'counters', sum(unstored_others) FROM health WHERE "          \
      IN_ANY_MINUTE)                                                                               \
    X(WATCHERS, "watchers", "name, analyzer_version", "", PERIOD_NOW + 1,                          \
      "SELECT sensor, analyzer_version FROM runs ORDER BY id")
/* clang-format on */

static const struct gathered_table {
    const char *name;
    const char *columns;
    const char *key;
    int periods; /* it is gathered for the first so many */
    const char *sql;
} tables[] = {
#define X(id, name, columns, key, periods, sql) {name, columns, key, periods, sql},
    GATHERED(X)
#undef X
};

#define TABLE_KINDS (sizeof(tables) / sizeof(tables[0]))

enum {
#define X(id, name, columns, key, periods, sql) GATHER_##id,
    GATHERED(X)
#undef X
};

/* Outages are not counted by resolver: what some resolvers had of them is told by the incidents'
 * rows, each of which stands for its weight. */
static const char parts_of_resolvers[] =
    "SELECT outage, sum(weight), count(*), min(time_ns), max(time_ns), sketch(client) "
    "FROM incidents WHERE " IN_THE_SPAN
    " AND outage IS NOT NULL AND " GATHER_OF_RESOLVERS("resolver") " GROUP BY outage";

const char *gather_sql(size_t index)
{
    if (index == TABLE_KINDS)
        return parts_of_resolvers;
    return index < TABLE_KINDS ? tables[index].sql : NULL;
}

/* SQL: latency_bucket(nanoseconds), the bucket that it is counted in. */
static void find_bucket(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    if (sqlite3_value_type(values[0]) != SQLITE_NULL)
        sqlite3_result_int(context, (int)latency_bucket(sqlite3_value_int64(values[0])));
}

int gather_add_functions(sqlite3 *handle)
{
    int status = sketch_add_functions(handle);

    if (status != SQLITE_OK)
        return status;
    return sqlite3_create_function(handle, "latency_bucket", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                   NULL, find_bucket, NULL, NULL);
}

static int create(struct database *gathered, const struct gathered_table *table,
                  struct error *error)
{
    char sql[1024];

    snprintf(sql, sizeof(sql), "CREATE TABLE %s (sensor, period, %s%s)", table->name,
             table->columns, table->key);
    if (sqlite3_exec(gathered->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return error_set(error, "%s: %s", gathered->path, sqlite3_errmsg(gathered->handle));
    return 0;
}

struct database *gather_open(struct error *error)
{
    struct database *gathered = calloc(1, sizeof(*gathered));

    if (gathered == NULL || (gathered->path = strdup("the report's figures")) == NULL) {
        error_set(error, "out of memory");
        goto fail;
    }
    /* The empty name is a private database, which goes to a temporary file when it gets large. */
    if (sqlite3_open("", &gathered->handle) != SQLITE_OK ||
        gather_add_functions(gathered->handle) != SQLITE_OK ||
        sqlite3_exec(gathered->handle,
                     "PRAGMA cache_size = -65536; PRAGMA journal_mode = OFF; BEGIN", NULL, NULL,
                     NULL) != SQLITE_OK) {
        error_set(error, "%s: %s", gathered->path, sqlite3_errmsg(gathered->handle));
        goto fail;
    }
    for (size_t i = 0; i < TABLE_KINDS; i++) {
        if (create(gathered, &tables[i], error) < 0)
            goto fail;
    }
    /* How many different texts there are, where not all of them came; and what a month of a fleet
     * is asked of one by one. */
    if (sqlite3_exec(gathered->handle,
                     "CREATE TABLE totals (kind, count);"
                     "CREATE INDEX servers_by_address ON servers (address, period);"
                     "CREATE INDEX outages_by_zone ON outages (zone, period);"
                     "CREATE INDEX blamed_by_address ON blamed (address, period);"
                     "CREATE INDEX names_by_text ON names (text);"
                     "CREATE INDEX hit_by_text ON hit (text)",
                     NULL, NULL, NULL) != SQLITE_OK) {
        error_set(error, "%s: %s", gathered->path, sqlite3_errmsg(gathered->handle));
        goto fail;
    }
    return gathered;
fail:
    database_close(gathered);
    return NULL;
}

/* A quarter is cut only where there is something on the other side. */
struct gather_bounds gather_bounds(const struct day_span *span)
{
    struct gather_bounds bounds = {
        .from_minute_ns = span_begin_ns(span->from_ns, MINUTE_NS),
        .outer_from_ns = span_begin_ns(span->from_ns, QUARTER_NS),
        .outer_to_ns = span_end_ns(span->to_ns, QUARTER_NS),
        .recently_ns = span->from_ns - 14 * 24 * 60 * MINUTE_NS,
    };

    bounds.inner_from_ns =
        span->is_first ? bounds.outer_from_ns : span_end_ns(span->from_ns, QUARTER_NS);
    bounds.inner_to_ns =
        span->is_last ? bounds.outer_to_ns : span_begin_ns(span->to_ns, QUARTER_NS);
    /* No whole quarter in it: all of it is edge. */
    if (bounds.inner_from_ns >= bounds.inner_to_ns)
        bounds.inner_from_ns = bounds.inner_to_ns = span->to_ns;
    return bounds;
}

static void set_span(struct rows *rows, const struct day_span *span)
{
    const struct gather_bounds bounds = gather_bounds(span);

    rows_set_integer(rows, ":from", span->from_ns);
    rows_set_integer(rows, ":to", span->to_ns);
    rows_set_integer(rows, ":from_minute", bounds.from_minute_ns);
    rows_set_integer(rows, ":inner_from", bounds.inner_from_ns);
    rows_set_integer(rows, ":inner_to", bounds.inner_to_ns);
    rows_set_integer(rows, ":outer_from", bounds.outer_from_ns);
    rows_set_integer(rows, ":outer_to", bounds.outer_to_ns);
    rows_set_integer(rows, ":recently", bounds.recently_ns);
}

static sqlite3_stmt *prepare_insert(struct database *gathered, const struct gathered_table *table,
                                    int columns, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    char sql[512];
    size_t length;

    length = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES (?, ?", table->name);
    for (int i = 0; i < columns; i++)
        length += (size_t)snprintf(sql + length, sizeof(sql) - length, ", ?");
    snprintf(sql + length, sizeof(sql) - length, ")");
    if (sqlite3_prepare_v2(gathered->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        error_set(error, "%s: %s", gathered->path, sqlite3_errmsg(gathered->handle));
    return statement;
}

static int copy_row(struct database *gathered, sqlite3_stmt *insert, sqlite3_stmt *from,
                    struct error *error)
{
    int columns = sqlite3_column_count(from);
    int status = SQLITE_OK;

    for (int i = 0; i < columns && status == SQLITE_OK; i++)
        status = sqlite3_bind_value(insert, i + 3, sqlite3_column_value(from, i));
    if (status == SQLITE_OK)
        sqlite3_step(insert);
    if (sqlite3_reset(insert) != SQLITE_OK || status != SQLITE_OK)
        return error_set(error, "%s: %s", gathered->path, sqlite3_errmsg(gathered->handle));
    return 0;
}

static int gather_table(struct database *gathered, const struct gather_source *source, size_t index,
                        enum day_period period, const struct day_span *span, struct error *error)
{
    const struct gathered_table *table = &tables[index];
    bool some = index == GATHER_PARTS && source->resolvers != NULL;
    struct rows rows = rows_query(source->database, some ? parts_of_resolvers : table->sql);
    sqlite3_stmt *insert =
        prepare_insert(gathered, table, sqlite3_column_count(rows.statement), error);
    int status = insert == NULL ? -1 : 0;

    if (insert != NULL) {
        sqlite3_bind_int64(insert, 1, (int64_t)source->sensor);
        sqlite3_bind_int64(insert, 2, period);
    }
    set_span(&rows, span);
    rows_set_text(&rows, ":resolvers", source->resolvers);
    while (status >= 0 && (status = rows_next(&rows, error)) == 1)
        status = copy_row(gathered, insert, rows.statement, error);
    sqlite3_finalize(insert);
    rows_end(&rows);
    return status;
}

static bool comes_added_up(size_t index)
{
    return index == GATHER_PAST || index == GATHER_NAMES || index == GATHER_HIT;
}

int gather_add(struct database *gathered, const struct gather_source *source,
               enum day_period period, const struct day_span *span, struct error *error)
{
    struct database *database = source->database;

    if (gather_add_functions(database->handle) != SQLITE_OK)
        return error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    for (size_t i = 0; i < TABLE_KINDS; i++) {
        if (source->of_fleet && comes_added_up(i))
            continue;
        if ((int)period < tables[i].periods &&
            gather_table(gathered, source, i, period, span, error) < 0)
            return -1;
    }
    return 0;
}
