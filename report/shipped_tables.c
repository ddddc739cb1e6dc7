#include "report/shipped_tables.h"

#include "store/sql.h"

/* clang-format off */
#define COUNT(column)   {#column, SHIPPED_64, false, NULL, false},
#define SUM(column)     {#column, SHIPPED_64, false, "sum(" #column ")", false},
#define AND_COLUMN(column) ", " #column
#define AND_ZERO(column)   ", 0"

#define TEXT(column)         {column, SHIPPED_TEXT, false, NULL, false}
#define MAYBE_TEXT(column)   {column, SHIPPED_TEXT, true, NULL, false}
#define NUMBER(column, type) {column, type, false, NULL, false}
#define SOURCE               {"source", SHIPPED_64, false, "fingerprint", false}

static const struct shipped_column incidents[] = {
    NUMBER("time_ns", SHIPPED_64),
    NUMBER("identity", SHIPPED_64),
    {"analyzer_version", SHIPPED_TEXT, false, NULL, false},
    SOURCE,
    {"source_name", SHIPPED_TEXT, false, "s.name", false},
    NUMBER("frame", SHIPPED_64),
    {"query_source", SHIPPED_64, true, "(SELECT fingerprint FROM sources WHERE id = query_source)", false},
    {"query_frame", SHIPPED_64, true, NULL, false},
    {"outage", SHIPPED_64, true, NULL, false},
    {"origin", SHIPPED_64, true, NULL, false},
    {"elapsed_ns", SHIPPED_64, true, NULL, false},
    TEXT("client"),
    NUMBER("client_port", SHIPPED_U16),
    NUMBER("client_is_resolver", SHIPPED_U8),
    TEXT("resolver"),
    TEXT("transport"),
    NUMBER("message_id", SHIPPED_U16),
    NUMBER("rd", SHIPPED_U8),
    NUMBER("cd", SHIPPED_U8),
    NUMBER("dnssec_ok", SHIPPED_U8),
    MAYBE_TEXT("qname"),
    NUMBER("qtype", SHIPPED_U16),
    NUMBER("qclass", SHIPPED_U16),
    TEXT("cause"),
    TEXT("confidence"),
    MAYBE_TEXT("zone"),
    TEXT("explanation"),
    TEXT("advice"),
    NUMBER("evidence_total", SHIPPED_U32),
    /* It counts in captures by the numbers of their rows here. */
    {"evidence", SHIPPED_TEXT, false,
     "json_set(evidence, '$.sources', json((SELECT json_group_object(id, name) FROM sources WHERE id IN "
     "(SELECT value ->> 10 FROM json_each(evidence, '$.exchanges') UNION "
     "SELECT value ->> 12 FROM json_each(evidence, '$.exchanges')))))", false},
    NUMBER("weight", SHIPPED_U32),
#define OF_SERVERS(column) \
    "SELECT " column " FROM incident_servers WHERE incident = ?1 ORDER BY part, seq"
    {"servers.part", SHIPPED_U8, false, OF_SERVERS("part"), true},
    {"servers.address", SHIPPED_TEXT, false, OF_SERVERS("address"), true},
    {"servers.name", SHIPPED_TEXT, true, OF_SERVERS("name"), true},
    {"servers.outcome", SHIPPED_TEXT, false, OF_SERVERS("outcome"), true},
#define OF_CONTRIBUTING(column) \
    "SELECT " column " FROM incident_contributing WHERE incident = ?1 ORDER BY part"
    {"contributing.part", SHIPPED_U8, false, OF_CONTRIBUTING("part"), true},
    {"contributing.cause", SHIPPED_TEXT, false, OF_CONTRIBUTING("cause"), true},
    {"contributing.zone", SHIPPED_TEXT, true, OF_CONTRIBUTING("zone"), true},
    {"ede.code", SHIPPED_U16, false, "SELECT code FROM incident_ede WHERE incident = ?1 ORDER BY seq", true},
    {"ede.text", SHIPPED_TEXT, false, "SELECT text FROM incident_ede WHERE incident = ?1 ORDER BY seq", true},
};

static const struct shipped_column outages[] = {
    NUMBER("identity", SHIPPED_64),
    TEXT("cause"),
    MAYBE_TEXT("zone"),
    TEXT("resolver"),
    NUMBER("first_time_ns", SHIPPED_64),
    NUMBER("last_time_ns", SHIPPED_64),
    {"servers.address", SHIPPED_TEXT, false, "SELECT address FROM outage_servers WHERE outage = ?1 ORDER BY address", true},
    {"servers.name", SHIPPED_TEXT, true, "SELECT name FROM outage_servers WHERE outage = ?1 ORDER BY address", true},
};

static const struct shipped_column outage_counts[] = {
    NUMBER("outage", SHIPPED_64),
    NUMBER("quarter_ns", SHIPPED_64),
    SOURCE,
    NUMBER("incidents", SHIPPED_64),
    NUMBER("cached", SHIPPED_64),
    NUMBER("kept", SHIPPED_64),
    {"first_time_ns", SHIPPED_64, false, "t.first_time_ns", false},
    {"last_time_ns", SHIPPED_64, false, "t.last_time_ns", false},
    TEXT("clients"),
};

static const struct shipped_column servfails[] = {
    TEXT("resolver"),
    TEXT("cause"),
    NUMBER("cached", SHIPPED_U8),
    NUMBER("minute_ns", SHIPPED_64),
    SOURCE,
    COUNT(incidents)
    ELAPSED_COUNTERS(COUNT)
};

static const struct shipped_column servfails_hourly[] = {
    TEXT("resolver"),
    TEXT("cause"),
    NUMBER("cached", SHIPPED_U8),
    {"hour_ns", SHIPPED_64, false, SHIPPED_HOUR, false},
    SOURCE,
    SUM(incidents)
    ELAPSED_COUNTERS(SUM)
};

static const struct shipped_column servfail_clients[] = {
    TEXT("resolver"),
    NUMBER("quarter_ns", SHIPPED_64),
    SOURCE,
    TEXT("clients"),
};

static const struct shipped_column minutes[] = {
    NUMBER("is_resolver", SHIPPED_U8),
    TEXT("server"),
    NUMBER("minute_ns", SHIPPED_64),
    SOURCE,
    MINUTE_COUNTERS(COUNT)
};

static const struct shipped_column minutes_hourly[] = {
    NUMBER("is_resolver", SHIPPED_U8),
    TEXT("server"),
    {"hour_ns", SHIPPED_64, false, SHIPPED_HOUR, false},
    SOURCE,
    MINUTE_COUNTERS(SUM)
};

static const struct shipped_column health[] = {
    SOURCE,
    NUMBER("minute_ns", SHIPPED_64),
#define OWN_COUNT(column) {#column, SHIPPED_64, false, "t." #column, false},
    HEALTH_COUNTERS(OWN_COUNT)
};

static const struct shipped_column sources[] = {
    NUMBER("fingerprint", SHIPPED_64),
    TEXT("analyzer_version"),
    TEXT("name"),
    NUMBER("packets", SHIPPED_64),
    NUMBER("dns_messages", SHIPPED_64),
    NUMBER("dns_responses", SHIPPED_64),
    {"first_time_ns", SHIPPED_64, true, NULL, false},
    {"last_time_ns", SHIPPED_64, true, NULL, false},
#define OF_LOSSES(column) \
    "SELECT " column " FROM source_losses WHERE source = ?1 ORDER BY kind, reason"
    {"losses.kind", SHIPPED_TEXT, false, OF_LOSSES("kind"), true},
    {"losses.reason", SHIPPED_TEXT, false, OF_LOSSES("reason"), true},
    {"losses.count", SHIPPED_64, false, OF_LOSSES("count"), true},
};

static const struct shipped_column signatures[] = {
    TEXT("zone"),
    NUMBER("type_covered", SHIPPED_U16),
    NUMBER("key_tag", SHIPPED_U16),
    NUMBER("algorithm", SHIPPED_U8),
    TEXT("server"),
    SOURCE,
    NUMBER("inception_ns", SHIPPED_64),
    NUMBER("expiration_ns", SHIPPED_64),
    NUMBER("first_seen_ns", SHIPPED_64),
    NUMBER("last_seen_ns", SHIPPED_64),
};

static const struct shipped_column delegations[] = {
    TEXT("zone"),
    TEXT("server"),
    SOURCE,
    MAYBE_TEXT("server_name"),
    NUMBER("nameservers", SHIPPED_U32),
    NUMBER("listed", SHIPPED_U32),
    TEXT("outcome"),
    NUMBER("since_ns", SHIPPED_64),
    NUMBER("last_seen_ns", SHIPPED_64),
};

#define COLUMNS(table) table, sizeof(table) / sizeof((table)[0])
#define WITH_SOURCE(table) table " AS t JOIN sources AS s ON s.id = t.source"
#define IN_THE_HOUR(time) time " >= " SHIPPED_HOUR " AND " time " < " SHIPPED_HOUR " + 3600000000000"

const struct shipped_table shipped_tables[] = {
    {"sources", "sources AS t JOIN runs ON runs.id = run", "t.id", 1, "t.id", NULL, NULL, 1, COLUMNS(sources)},
    {"outages", "outages AS t", "t.identity", 1, "t.identity", NULL, NULL, 1, COLUMNS(outages)},
    {"incidents", WITH_SOURCE("incidents") " JOIN runs ON runs.id = t.run", "t.id", 1, "t.id", "t.time_ns", NULL, 2,
     COLUMNS(incidents)},
    {"outage_counts", WITH_SOURCE("outage_counts"), "t.outage, t.quarter_ns, t.source", 3, NULL, "quarter_ns", NULL, 3,
     COLUMNS(outage_counts)},
    {"servfails", WITH_SOURCE("servfails"), "t.minute_ns, t.resolver, t.cause, t.cached, t.source", 5, NULL,
     "minute_ns", NULL, 5, COLUMNS(servfails)},
    {"servfail_clients", WITH_SOURCE("servfail_clients"), "t.quarter_ns, t.resolver, t.source", 3, NULL, "quarter_ns",
     NULL, 3, COLUMNS(servfail_clients)},
    {"minutes", WITH_SOURCE("minutes"), "t.minute_ns, t.server, t.is_resolver, t.source", 4, NULL, "minute_ns", NULL,
     4, COLUMNS(minutes)},
    {"health", WITH_SOURCE("health"), "t.minute_ns, t.source", 2, NULL, "minute_ns", NULL, 2, COLUMNS(health)},
    {"signatures", WITH_SOURCE("signatures"),
     "t.zone, t.type_covered, t.key_tag, t.algorithm, t.server, t.source", 6, NULL, NULL, NULL, 6,
     COLUMNS(signatures)},
    {"delegations", WITH_SOURCE("delegations"), "t.zone, t.server, t.source", 3, NULL, NULL, NULL, 3,
     COLUMNS(delegations)},
    /* What is left of an hour whose rows were all taken back are zeroes. */
    {"servfails_hourly",
     "(SELECT resolver, cause, cached, fingerprint, incidents" ELAPSED_COUNTERS(AND_COLUMN) " FROM "
     WITH_SOURCE("servfails") " WHERE " IN_THE_HOUR("minute_ns")
     " UNION ALL SELECT key ->> 0, key ->> 1, key ->> 2, key ->> 4, 0" ELAPSED_COUNTERS(AND_ZERO)
     " FROM removals WHERE kind = 'servfails' AND " IN_THE_HOUR("time_ns") ")",
     "resolver, cause, cached, fingerprint", 4, NULL, SHIPPED_HOUR, "servfails", 0, COLUMNS(servfails_hourly)},
    {"minutes_hourly",
     "(SELECT is_resolver, server, fingerprint" MINUTE_COUNTERS(AND_COLUMN) " FROM " WITH_SOURCE("minutes")
     " WHERE " IN_THE_HOUR("minute_ns") " UNION ALL SELECT key ->> 0, key ->> 1, key ->> 3"
     MINUTE_COUNTERS(AND_ZERO) " FROM removals WHERE kind = 'minutes' AND " IN_THE_HOUR("time_ns") ")",
     "is_resolver, server, fingerprint", 3, NULL, SHIPPED_HOUR, "minutes", 0, COLUMNS(minutes_hourly)},
};
/* clang-format on */

const size_t shipped_table_count = sizeof(shipped_tables) / sizeof(shipped_tables[0]);
