/* Incidents out of the database, as the values that they were when they were stored. */
#include <stdio.h>
#include <string.h>

#include "report/database.h"
#include "report/rows.h"
#include "store/counts.h"

#define SELECT_INCIDENTS                                                                           \
    "SELECT incidents.id, identity, sensor, analyzer_version, source, frame, query_source, "       \
    "query_frame, "                                                                                \
    "outage, origin, time_ns, elapsed_ns, client, client_port, client_is_resolver, resolver, "     \
    "transport, message_id, rd, cd, dnssec_ok, qname, qtype, qclass, cause, confidence, zone, "    \
    "explanation, advice, evidence_total FROM incidents JOIN runs ON runs.id = incidents.run"

#define SQL_SIZE 2048

static bool is_prefix(const char *client)
{
    return strchr(client, '/') != NULL;
}

/* SQL: is_in_prefix(address), the selection's. */
static void give_is_in_prefix(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct database *database = sqlite3_user_data(context);
    const char *text = (const char *)sqlite3_value_text(values[0]);
    struct address address;

    (void)count;
    sqlite3_result_int(context, text != NULL && address_from_text(&address, text) == 0 &&
                                    prefix_holds(&database->clients, &address));
}

/* Only where it is asked for. */
static int add_prefix(struct database *database, const char *client, struct error *error)
{
    if (client == NULL || !is_prefix(client))
        return 0;
    if (prefix_from_text(&database->clients, client) < 0)
        return error_set(error, "'%s' is no prefix", client);
    if (sqlite3_create_function(database->handle, "is_in_prefix", 1, SQLITE_UTF8, database,
                                give_is_in_prefix, NULL, NULL) != SQLITE_OK)
        return error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    return 0;
}

/* The text of the query: only what is asked for, so that the indexes serve. Data comes by
 * parameters. */
static void compose(const struct incident_filter *filter, char sql[SQL_SIZE])
{
    const struct {
        bool wanted;
        const char *condition;
    } conditions[] = {
        {filter->identity != NULL, "identity = :identity"},
        {filter->from_ns != INT64_MIN, "time_ns >= :from"},
        {filter->to_ns != INT64_MAX, "time_ns < :to"},
        {filter->cause != NULL, "(cause = :cause OR substr(cause, 1, length(:cause) + 1) = "
                                ":cause || '.')"},
        {filter->outage != 0, "outage = :outage"},
        {filter->zone != NULL, "zone = :zone"},
        /* To look for the text takes a fraction of taking the JSON apart. */
        {filter->server != NULL, "instr(evidence, json_quote(:server)) > 0 AND EXISTS (SELECT 1 "
                                 "FROM incident_servers WHERE incident = incidents.id AND part = 0 "
                                 "AND (address = :server OR name = :server))"},
        {filter->client != NULL && !is_prefix(filter->client), "client = :client"},
        {filter->client != NULL && is_prefix(filter->client), "is_in_prefix(client)"},
        {filter->resolver != NULL, "resolver = :resolver"},
        {filter->name != NULL, "(qname = :name OR :name = '.' OR "
                               "substr(qname, -length(:name) - 1) = '.' || :name)"},
    };
    const char *joint = " WHERE ";
    size_t length = (size_t)snprintf(sql, SQL_SIZE, "%s" SELECT_INCIDENTS,
                                     filter->limit > 0 ? "SELECT * FROM (" : "");

    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (!conditions[i].wanted)
            continue;
        length += (size_t)snprintf(sql + length, SQL_SIZE - length, "%s%s", joint,
                                   conditions[i].condition);
        joint = " AND ";
    }
    if (filter->limit > 0)
        length += (size_t)snprintf(sql + length, SQL_SIZE - length,
                                   " ORDER BY time_ns DESC, identity DESC LIMIT :limit)");
    snprintf(sql + length, SQL_SIZE - length, " ORDER BY time_ns, identity");
}

int database_select(struct database *database, const struct incident_filter *filter,
                    struct error *error)
{
    struct rows *rows = &database->incidents;
    char sql[SQL_SIZE];

    rows_end(rows);
    if (add_prefix(database, filter->client, error) < 0)
        return -1;
    compose(filter, sql);
    *rows = rows_query(database, sql);
    rows_set_integer(rows, ":from", filter->from_ns);
    rows_set_integer(rows, ":to", filter->to_ns);
    rows_set_integer(rows, ":outage", (int64_t)filter->outage);
    rows_set_integer(rows, ":limit", (int64_t)filter->limit);
    if (filter->identity != NULL)
        rows_set_integer(rows, ":identity", (int64_t)*filter->identity);
    rows_set_text(rows, ":cause", filter->cause);
    rows_set_text(rows, ":zone", filter->zone);
    rows_set_text(rows, ":server", filter->server);
    rows_set_text(rows, ":client", filter->client);
    rows_set_text(rows, ":resolver", filter->resolver);
    rows_set_text(rows, ":name", filter->name);
    if (rows->status != SQLITE_OK)
        return error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    return 0;
}

/* The number of a code in a vocabulary, the reverse of `code`. */
#define DEFINE_LOOKUP(thing, count)                                                                \
    static enum thing take_##thing(struct rows *rows)                                              \
    {                                                                                              \
        const char *text = rows_text(rows);                                                        \
                                                                                                   \
        for (int i = 0; i < (int)(count); i++) {                                                   \
            if (strcmp(thing##_code((enum thing)i), text) == 0)                                    \
                return (enum thing)i;                                                              \
        }                                                                                          \
        rows->unreadable = true;                                                                   \
        return (enum thing)0;                                                                      \
    }

DEFINE_LOOKUP(cause, CAUSE_COUNT)
DEFINE_LOOKUP(confidence, CONFIDENCE_COUNT)
DEFINE_LOOKUP(outcome, OUTCOME_COUNT)
DEFINE_LOOKUP(dependency, DEPENDENCY_COUNT)

static enum transport take_transport(struct rows *rows)
{
    return strcmp(rows_text(rows), "tcp") == 0 ? TRANSPORT_TCP : TRANSPORT_UDP;
}

static void split_advice(struct incident *incident, const char *text)
{
    while (*text != '\0' && incident->advice_count < ADVICE_MAX) {
        size_t length = strcspn(text, "\n");

        snprintf(incident->advice[incident->advice_count++], ADVICE_SIZE, "%.*s", (int)length,
                 text);
        text += length;
        text += *text == '\n';
    }
}

static void take_incident(struct database *database, struct incident *incident)
{
    struct rows *rows = &database->incidents;

    database->incident_row = rows_integer(rows, 0);
    incident->identity = (uint64_t)rows_integer(rows, 0);
    rows_copy(rows, database->sensor, sizeof(database->sensor));
    rows_copy(rows, database->analyzer_version, sizeof(database->analyzer_version));
    incident->source = (uint32_t)rows_integer(rows, 0);
    incident->frame = rows_count(rows);
    incident->query_source = (uint32_t)rows_integer(rows, 0);
    incident->query_frame = rows_count(rows);
    incident->outage = (uint64_t)rows_integer(rows, 0);
    incident->origin = (uint64_t)rows_integer(rows, 0);
    incident->time_ns = rows_time(rows, 0);
    incident->elapsed_ns = rows_integer(rows, -1);
    if (incident->elapsed_ns > incident->time_ns)
        incident->elapsed_ns = incident->time_ns;
    incident->client = rows_address(rows);
    incident->client_port = (uint16_t)rows_integer(rows, 0);
    incident->client_is_resolver = rows_integer(rows, 0) != 0;
    incident->resolver = rows_address(rows);
    incident->transport = take_transport(rows);
    incident->id = (uint16_t)rows_integer(rows, 0);
    incident->rd = rows_integer(rows, 0) != 0;
    incident->cd = rows_integer(rows, 0) != 0;
    incident->dnssec_ok = rows_integer(rows, 0) != 0;
    incident->qname = rows_name(rows);
    incident->qtype = (uint16_t)rows_integer(rows, 0);
    incident->qclass = (uint16_t)rows_integer(rows, 0);
    incident->cause = take_cause(rows);
    incident->confidence = take_confidence(rows);
    incident->zone = rows_name(rows);
    rows_copy(rows, incident->explanation, sizeof(incident->explanation));
    split_advice(incident, rows_text(rows));
    incident->evidence_total = (unsigned)rows_integer(rows, 0);
}

static void take_ede(struct rows *rows, struct incident *incident)
{
    struct incident_ede *ede = &incident->ede[incident->ede_count];
    const void *text;
    size_t size;

    if (incident->ede_count == INCIDENT_EDE_MAX)
        return;
    incident->ede_count++;
    ede->code = (uint16_t)rows_integer(rows, 0);
    text = rows_bytes(rows, &size);
    ede->text_size = (uint8_t)(size < EDE_TEXT_SIZE ? size : EDE_TEXT_SIZE);
    if (ede->text_size > 0)
        memcpy(ede->text, text, ede->text_size);
}

static void take_contributing(struct rows *rows, struct incident *incident)
{
    if (incident->contributing_count == CONTRIBUTING_MAX)
        return;
    incident->contributing[incident->contributing_count].cause = take_cause(rows);
    incident->contributing[incident->contributing_count].zone = rows_name(rows);
    incident->contributing_count++;
}

static void take_server(struct rows *rows, struct incident *incident)
{
    int64_t part = rows_integer(rows, 0);
    struct blamed_server *server = NULL;

    if (part == 0 && incident->server_count < BLAMED_SERVERS_MAX) {
        server = &incident->servers[incident->server_count++];
    } else if (part > 0 && part <= incident->contributing_count) {
        struct contributing *one = &incident->contributing[part - 1];

        if (one->server_count < sizeof(one->servers) / sizeof(one->servers[0]))
            server = &one->servers[one->server_count++];
    }
    if (server == NULL)
        return;
    server->address = rows_address(rows);
    server->name = rows_name(rows);
    server->outcome = take_outcome(rows);
}

static void take_evidence(struct rows *rows, struct incident *incident)
{
    struct evidence *evidence = &incident->evidence[incident->evidence_count];

    if (incident->evidence_count == EVIDENCE_MAX)
        return;
    incident->evidence_count++;
    evidence->time_ns = rows_time(rows, 0);
    evidence->response_time_ns = rows_time(rows, INT64_MIN);
    evidence->server = rows_address(rows);
    evidence->server_name = rows_name(rows);
    evidence->zone = rows_name(rows);
    evidence->transport = take_transport(rows);
    evidence->qname = rows_name(rows);
    evidence->qtype = (uint16_t)rows_integer(rows, 0);
    evidence->outcome = take_outcome(rows);
    evidence->why = take_dependency(rows);
    evidence->source = (uint32_t)rows_integer(rows, 0);
    evidence->frame = rows_count(rows);
    evidence->response_source = (uint32_t)rows_integer(rows, 0);
    evidence->response_frame = rows_count(rows);
}

static int take_part(struct database *database, enum database_part part, struct incident *incident,
                     void (*take)(struct rows *, struct incident *), struct error *error)
{
    struct rows *rows = &database->parts[part];
    int status;

    rows_reset(rows);
    rows_bind_integer(rows, database->incident_row);
    while ((status = rows_next(rows, error)) == 1)
        take(rows, incident);
    sqlite3_reset(rows->statement);
    return status;
}

/* 1: an incident has a row, 0: it has none. */
static int is_kept(struct database *database, uint64_t identity, struct error *error)
{
    struct rows *rows = &database->parts[PART_KEPT];
    int status;

    rows_reset(rows);
    rows_bind_integer(rows, (int64_t)identity);
    status = rows_next(rows, error);
    sqlite3_reset(rows->statement);
    return status;
}

int database_next(struct database *database, struct incident *incident,
                  struct incident_context *context, struct error *error)
{
    int status = rows_next(&database->incidents, error), kept = 1;

    if (status <= 0)
        return status;
    memset(incident, 0, sizeof(*incident));
    take_incident(database, incident);
    /* Servers come after the causes that they contribute to. */
    if (take_part(database, PART_EDE, incident, take_ede, error) < 0 ||
        take_part(database, PART_CONTRIBUTING, incident, take_contributing, error) < 0 ||
        take_part(database, PART_SERVERS, incident, take_server, error) < 0 ||
        take_part(database, PART_EVIDENCE, incident, take_evidence, error) < 0)
        return -1;
    if (database->incidents.unreadable)
        return rows_next(&database->incidents, error);
    if (incident->origin != 0 && (kept = is_kept(database, incident->origin, error)) < 0)
        return -1;
    *context = (struct incident_context){.sensor = database->sensor,
                                         .analyzer_version = database->analyzer_version,
                                         .source_name = database_source_name,
                                         .sources = database,
                                         .origin_not_kept = kept == 0};
    return 1;
}

static int find(struct database *database, const char *query, uint64_t first, uint64_t last,
                uint64_t *found, size_t max, struct error *error)
{
    struct rows rows = rows_query(database, query);
    size_t count = 0;
    int status;

    /* SQLite's integers have a sign: a range that does not go over it keeps its order. */
    rows_bind_integer(&rows, (int64_t)first);
    rows_bind_integer(&rows, (int64_t)last);
    rows_bind_integer(&rows, (int64_t)max);
    while ((status = rows_next(&rows, error)) == 1)
        found[count++] = (uint64_t)rows_integer(&rows, 0);
    rows_end(&rows);
    return status < 0 ? -1 : (int)count;
}

int database_find(struct database *database, uint64_t first, uint64_t last, uint64_t *found,
                  size_t max, struct error *error)
{
    return find(database,
                "SELECT identity FROM incidents WHERE identity BETWEEN ?1 AND ?2 "
                "ORDER BY identity LIMIT ?3",
                first, last, found, max, error);
}

int database_find_outages(struct database *database, uint64_t first, uint64_t last, uint64_t *found,
                          size_t max, struct error *error)
{
    return find(database,
                "SELECT identity FROM outages WHERE identity BETWEEN ?1 AND ?2 "
                "UNION SELECT outage FROM incidents WHERE outage BETWEEN ?1 AND ?2 "
                "ORDER BY 1 LIMIT ?3",
                first, last, found, max, error);
}

/* To whole units, as counters have them; what has no bound stays so. */
static int64_t begin_of(int64_t time_ns, int64_t unit_ns)
{
    return time_ns == INT64_MIN ? time_ns : span_begin_ns(time_ns, unit_ns);
}

static int64_t end_of(int64_t time_ns, int64_t unit_ns)
{
    return time_ns == INT64_MAX ? time_ns : span_end_ns(time_ns, unit_ns);
}

int database_count_kept(struct database *database, const struct incident_filter *filter,
                        uint64_t *counted, uint64_t *kept, struct error *error)
{
    int64_t unit_ns = filter->outage != 0 ? QUARTER_NS : MINUTE_NS;
    struct rows rows = rows_query(
        database, filter->outage != 0
                      ? "SELECT coalesce(sum(incidents), 0), coalesce(sum(kept), 0) FROM "
                        "outage_counts WHERE outage = :outage AND quarter_ns >= :from AND "
                        "quarter_ns < :to"
                      : "SELECT (SELECT coalesce(sum(incidents), 0) FROM servfails WHERE "
                        "minute_ns >= :from AND minute_ns < :to AND "
                        "resolver = coalesce(:resolver, resolver)), (SELECT count(*) FROM "
                        "incidents WHERE time_ns >= :from AND time_ns < :to AND "
                        "resolver = coalesce(:resolver, resolver))");
    int status;

    rows_set_integer(&rows, ":outage", (int64_t)filter->outage);
    rows_set_integer(&rows, ":from", begin_of(filter->from_ns, unit_ns));
    rows_set_integer(&rows, ":to", end_of(filter->to_ns, unit_ns));
    rows_set_text(&rows, ":resolver", filter->resolver);
    status = rows_next(&rows, error);
    if (status == 1) {
        *counted = rows_count(&rows);
        *kept = rows_count(&rows);
    }
    rows_end(&rows);
    return status == 1 ? 0 : -1;
}

int database_not_kept(struct database *database, uint64_t *count, struct error *error)
{
    struct rows rows =
        rows_query(database, "SELECT coalesce(sum(incidents - kept), 0) FROM outage_counts");
    int status = rows_next(&rows, error);

    if (status == 1)
        *count = rows_count(&rows);
    rows_end(&rows);
    return status == 1 ? 0 : -1;
}
