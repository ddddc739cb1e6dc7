/* Which tables a report has, and what stands in them. */
#include <stdio.h>
#include <string.h>

#include "correlate/incident.h"
#include "report/day_memory.h"
#include "report/table.h"

struct table_writer {
    struct day *day;
    struct table *table;
    struct error *error;
    bool failed;
};

static struct cell *add_cell(struct table_writer *writer, enum cell_kind kind)
{
    struct table *table = writer->table;
    struct cell *cells = day_memory_grow(writer->day->memory, table->cells, table->cell_count,
                                         sizeof(*table->cells));
    static struct cell nowhere;

    if (cells == NULL) {
        writer->failed = true;
        return &nowhere;
    }
    table->cells = cells;
    table->cells[table->cell_count].kind = kind;
    return &table->cells[table->cell_count++];
}

static void put_text(struct table_writer *writer, const char *text)
{
    add_cell(writer, CELL_TEXT)->text = text;
}

static void put_count(struct table_writer *writer, uint64_t count)
{
    add_cell(writer, CELL_COUNT)->count = count;
}

static void put_count_if(struct table_writer *writer, bool known, uint64_t count)
{
    if (known)
        put_count(writer, count);
    else
        add_cell(writer, CELL_MISSING);
}

static void put_share(struct table_writer *writer, double share)
{
    add_cell(writer, CELL_SHARE)->share = share;
}

static void put_part(struct table_writer *writer, uint64_t part, uint64_t whole)
{
    put_share(writer, whole == 0 ? -1 : (double)part / (double)whole);
}

static void put_time(struct table_writer *writer, int64_t time_ns)
{
    add_cell(writer, CELL_TIME)->ns = time_ns;
}

static void put_duration(struct table_writer *writer, int64_t duration_ns)
{
    add_cell(writer, CELL_DURATION)->ns = duration_ns;
}

static void put_identity(struct table_writer *writer, uint64_t identity)
{
    add_cell(writer, CELL_IDENTITY)->count = identity;
}

static void put_truth(struct table_writer *writer, bool truth)
{
    add_cell(writer, CELL_TRUTH)->count = truth;
}

static void put_sensor(struct table_writer *writer, size_t sensor)
{
    put_text(writer, writer->day->sensors[sensor].name);
}

/* A column a sensor: as many as add_sensor_columns() has added. */
static void put_sensors(struct table_writer *writer, const uint64_t *counts)
{
    for (size_t i = 0; writer->day->sensor_count > 1 && i < writer->day->sensor_count; i++)
        put_count(writer, counts[i]);
}

/* Traffic: the columns that resolvers, sensors and the whole have in common. */
#define TRAFFIC_COLUMNS                                                                            \
    {"questions", "questions", CELL_COUNT}, {"responses", "answers", CELL_COUNT},                  \
        {"unanswered", "unanswered", CELL_COUNT}, {"servfails", "SERVFAIL", CELL_COUNT},           \
        {"servfail_share", "share", CELL_SHARE}, {"servfail_share_before", "before", CELL_SHARE},  \
        {"servfail_share_weeks_before", "week before", CELL_SHARE}, {"cached", NULL, CELL_COUNT},  \
    {                                                                                              \
        "clients", "clients", CELL_COUNT                                                           \
    }

static void put_traffic(struct table_writer *writer, const struct day_traffic traffic[PERIOD_COUNT])
{
    const struct day_traffic *now = &traffic[PERIOD_NOW];

    put_count_if(writer, now->known, now->queries);
    put_count_if(writer, now->known, now->responses);
    put_count_if(writer, now->known, now->unanswered);
    put_count_if(writer, now->known, now->servfails);
    for (int period = 0; period < PERIOD_COUNT; period++)
        put_share(writer, day_share(&traffic[period]));
    put_count_if(writer, now->known, now->cached);
    put_count_if(writer, now->known, now->clients);
}

static const struct table_column period_columns[] = {
    {"period", "", CELL_TEXT},
    {"from", "from", CELL_TIME},
    {"to", "to", CELL_TIME},
    {"covered_ms", "covered", CELL_DURATION},
    {"questions", "questions", CELL_COUNT},
    {"responses", "answers", CELL_COUNT},
    {"unanswered", NULL, CELL_COUNT},
    {"servfails", "SERVFAIL", CELL_COUNT},
    {"servfail_share", "share", CELL_SHARE},
    {"cached", NULL, CELL_COUNT},
    {"clients", "clients", CELL_COUNT},
};

static void fill_periods(struct table_writer *writer)
{
    static const char *const names[] = {"now", "before", "weeks-before"};
    struct day *day = writer->day;

    for (int i = 0; i < PERIOD_COUNT; i++) {
        const struct day_traffic *traffic = &day->traffic[i];

        put_text(writer, names[i]);
        put_time(writer, day->spans[i].from_ns);
        put_time(writer, day->spans[i].to_ns);
        put_duration(writer, day->spans[i].seen_ns);
        put_count_if(writer, traffic->known, traffic->queries);
        put_count_if(writer, traffic->known, traffic->responses);
        put_count_if(writer, traffic->known, traffic->unanswered);
        put_count_if(writer, traffic->known, traffic->servfails);
        put_share(writer, day_share(traffic));
        put_count_if(writer, traffic->known, traffic->cached);
        put_count_if(writer, traffic->known, traffic->clients);
    }
}

static const struct table_column sensor_columns[] = {
    {"sensor", "sensor", CELL_TEXT}, {"database", NULL, CELL_TEXT}, TRAFFIC_COLUMNS};

static void fill_sensors(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->sensor_count; i++) {
        put_sensor(writer, i);
        put_text(writer, writer->day->sensors[i].path);
        put_traffic(writer, writer->day->sensors[i].traffic);
    }
}

static const struct table_column resolver_columns[] = {
    {"resolver", "resolver", CELL_TEXT}, {"sensor", "sensor", CELL_TEXT}, TRAFFIC_COLUMNS};

static void fill_resolvers(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->resolver_count; i++) {
        const struct day_resolver *resolver = &writer->day->resolvers[i];

        put_text(writer, resolver->address);
        put_sensor(writer, resolver->sensor);
        put_traffic(writer, resolver->traffic);
    }
}

static const struct table_column category_columns[] = {
    {"category", "category", CELL_TEXT},
    {"text", "whose fault", CELL_TEXT},
    {"servfails", "SERVFAIL", CELL_COUNT},
    {"share_of_servfails", "share", CELL_SHARE},
    {"servfails_before", "before", CELL_COUNT},
    {"servfails_weeks_before", "week before", CELL_COUNT},
};

static void fill_categories(struct table_writer *writer)
{
    struct day *day = writer->day;
    struct day_category categories[DAY_CATEGORIES_MAX];
    size_t count = day_categories(categories);

    for (size_t i = 0; i < count; i++) {
        uint64_t of[PERIOD_COUNT], any = 0;

        for (int period = 0; period < PERIOD_COUNT; period++) {
            of[period] = day_category_count(day->traffic[period].causes, &categories[i]);
            any += of[period];
        }
        if (any == 0)
            continue;
        put_text(writer, categories[i].code);
        put_text(writer, categories[i].text);
        put_count(writer, of[PERIOD_NOW]);
        put_part(writer, of[PERIOD_NOW], day->traffic[PERIOD_NOW].servfails);
        put_count_if(writer, day->traffic[PERIOD_BEFORE].known, of[PERIOD_BEFORE]);
        put_count_if(writer, day->traffic[PERIOD_WEEKS_BEFORE].known, of[PERIOD_WEEKS_BEFORE]);
        for (size_t j = 0; day->sensor_count > 1 && j < day->sensor_count; j++)
            put_count(writer, day_category_count(day->sensors[j].traffic[PERIOD_NOW].causes,
                                                 &categories[i]));
    }
}

static const struct table_column cause_columns[] = {
    {"cause", "cause", CELL_TEXT},
    {"category", NULL, CELL_TEXT},
    {"servfails", "SERVFAIL", CELL_COUNT},
    {"share_of_servfails", "share", CELL_SHARE},
    {"servfails_before", "before", CELL_COUNT},
    {"servfails_weeks_before", "week before", CELL_COUNT},
    {"zone", "mostly", CELL_TEXT},
    {"example", "see", CELL_IDENTITY},
};

static void fill_causes(struct table_writer *writer)
{
    struct day *day = writer->day;

    for (size_t i = 0; i < day->cause_count; i++) {
        const struct day_cause *cause = &day->causes[i];

        put_text(writer, cause_code(cause->cause));
        put_text(writer, cause_category(cause->cause));
        put_count(writer, cause->incidents[PERIOD_NOW]);
        put_part(writer, cause->incidents[PERIOD_NOW], day->traffic[PERIOD_NOW].servfails);
        for (int period = PERIOD_BEFORE; period < PERIOD_COUNT; period++)
            put_count_if(writer, day->traffic[period].known, cause->incidents[period]);
        put_text(writer, cause->zone);
        put_identity(writer, cause->example);
        put_sensors(writer, cause->sensors);
    }
}

static const struct table_column outage_columns[] = {
    {"outage", NULL, CELL_IDENTITY},
    {"cause", "cause", CELL_TEXT},
    {"zone", "zone", CELL_TEXT},
    {"clients", "clients", CELL_COUNT},
    {"servfails", "SERVFAIL", CELL_COUNT},
    {"since", "since", CELL_TIME},
    {"until", NULL, CELL_TIME},
    {"duration_ms", "for", CELL_DURATION},
    {"going_on", "going on", CELL_TRUTH},
    {"history", "before", CELL_TEXT},
    {"earlier", NULL, CELL_COUNT},
    {"earlier_until", NULL, CELL_TIME},
    {"resolver", NULL, CELL_TEXT},
    {"servers", NULL, CELL_TEXT},
    {"confidence", NULL, CELL_TEXT},
    {"kept", NULL, CELL_COUNT},
    {"sensor", "sensor", CELL_TEXT},
    {"scope", NULL, CELL_TEXT},
    {"comparison", NULL, CELL_TEXT},
    {"example", "see", CELL_IDENTITY},
    {"explanation", NULL, CELL_TEXT},
};

/* "192.0.2.53 (ns1.example.com.) 192.0.2.54" */
static const char *join_servers(struct table_writer *writer, const struct day_outage *outage)
{
    size_t size = 1, used = 0;
    char *text;

    for (size_t i = 0; i < outage->server_count; i++)
        size += strlen(outage->servers[i].address) + 4 +
                (outage->servers[i].name != NULL ? strlen(outage->servers[i].name) : 0);
    text = day_memory_take(writer->day->memory, size);
    for (size_t i = 0; text != NULL && i < outage->server_count; i++) {
        const char *name = outage->servers[i].name;

        used += (size_t)snprintf(text + used, size - used, "%s%s%s%s%s", i > 0 ? " " : "",
                                 outage->servers[i].address, name != NULL ? " (" : "",
                                 name != NULL ? name : "", name != NULL ? ")" : "");
    }
    writer->failed = writer->failed || text == NULL;
    return text;
}

static void fill_outages(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->outage_count; i++) {
        const struct day_outage *outage = &writer->day->outages[i];

        put_identity(writer, outage->identity);
        put_text(writer, cause_code(outage->cause));
        put_text(writer, outage->zone);
        put_count(writer, outage->clients);
        put_count(writer, outage->incidents);
        put_time(writer, outage->first_time_ns);
        put_time(writer, outage->last_time_ns);
        put_duration(writer, outage->last_time_ns - outage->first_time_ns);
        put_truth(writer, outage->going_on);
        put_text(writer, day_outage_history_code(outage->history));
        put_count(writer, outage->earlier_count);
        put_time(writer, outage->earlier_time_ns);
        put_text(writer, outage->resolver);
        put_text(writer, join_servers(writer, outage));
        put_text(writer, confidence_code(outage->confidence));
        put_count(writer, outage->kept);
        put_sensor(writer, outage->sensor);
        put_text(writer, day_outage_scope_code(outage->scope));
        put_text(writer, outage->comparison);
        put_identity(writer, outage->example_count > 0 ? outage->examples[0] : 0);
        put_text(writer, outage->explanation);
        put_sensors(writer, outage->sensors);
    }
}

static const struct table_column change_columns[] = {
    {"change", "change", CELL_TEXT},
    {"cause", "cause", CELL_TEXT},
    {"zone", "zone", CELL_TEXT},
    {"servfails", "SERVFAIL", CELL_COUNT},
    {"servfails_before", "before", CELL_COUNT},
    {"example", "see", CELL_IDENTITY},
};

static void fill_changes(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->change_count; i++) {
        const struct day_change *change = &writer->day->changes[i];

        put_text(writer, day_change_code(change->kind));
        put_text(writer, cause_code(change->cause));
        put_text(writer, change->zone);
        put_count(writer, change->incidents);
        put_count(writer, change->incidents_before);
        put_identity(writer, change->example);
    }
}

#define TOP_COLUMNS(key, heading)                                                                  \
    {key, heading, CELL_TEXT}, {"name", NULL, CELL_TEXT}, {"servfails", "SERVFAIL", CELL_COUNT},   \
        {"share_of_servfails", "share", CELL_SHARE}, {"servfails_before", "before", CELL_COUNT},   \
    {                                                                                              \
        "estimated", NULL, CELL_TRUTH                                                              \
    }

static const struct table_column zone_columns[] = {TOP_COLUMNS("zone", "zone")};
static const struct table_column server_columns[] = {
    {"server", "server", CELL_TEXT},
    {"name", "name", CELL_TEXT},
    {"servfails", "SERVFAIL", CELL_COUNT},
    {"share_of_servfails", "share", CELL_SHARE},
    {"servfails_before", "before", CELL_COUNT},
    {"estimated", NULL, CELL_TRUTH},
};
static const struct table_column client_columns[] = {TOP_COLUMNS("client", "client")};
static const struct table_column name_columns[] = {TOP_COLUMNS("name_asked", "name")};

static void fill_top(struct table_writer *writer, enum day_top_kind kind)
{
    struct day *day = writer->day;

    for (size_t i = 0; i < day->top_counts[kind]; i++) {
        const struct day_top *top = &day->tops[kind][i];

        put_text(writer, top->text);
        put_text(writer, top->name);
        put_count(writer, top->incidents);
        put_part(writer, top->incidents, day->traffic[PERIOD_NOW].servfails);
        put_count_if(writer, top->known_before, top->incidents_before);
        put_truth(writer, top->sampled);
        put_sensors(writer, top->sensors);
    }
}

static void fill_zones(struct table_writer *writer)
{
    fill_top(writer, TOP_ZONES);
}

static void fill_servers(struct table_writer *writer)
{
    fill_top(writer, TOP_SERVERS);
}

static void fill_clients(struct table_writer *writer)
{
    fill_top(writer, TOP_CLIENTS);
}

static void fill_names(struct table_writer *writer)
{
    fill_top(writer, TOP_NAMES);
}

static const struct table_column elapsed_columns[] = {
    {"up_to_ms", "up to", CELL_DURATION},
    {"servfails", "SERVFAIL", CELL_COUNT},
    {"share_of_servfails", "share", CELL_SHARE},
};

static void fill_elapsed(struct table_writer *writer)
{
    const struct day_latency *elapsed = &writer->day->elapsed;

    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        int64_t limit_us = latency_bucket_limit_us(i);

        if (elapsed->buckets[i] == 0)
            continue;
        put_duration(writer, limit_us == INT64_MAX ? DAY_NOT_KNOWN : limit_us * 1000);
        put_count(writer, elapsed->buckets[i]);
        put_part(writer, elapsed->buckets[i], elapsed->count);
    }
}

#define TIME_COLUMNS                                                                               \
    {"questions", "questions", CELL_COUNT}, {"responses", "answers", CELL_COUNT},                  \
        {"servfails", "SERVFAIL", CELL_COUNT},                                                     \
    {                                                                                              \
        "servfail_share", "share", CELL_SHARE                                                      \
    }

static void put_time_traffic(struct table_writer *writer, const struct day_traffic *traffic)
{
    put_count_if(writer, traffic->known, traffic->queries);
    put_count_if(writer, traffic->known, traffic->responses);
    put_count_if(writer, traffic->known, traffic->servfails);
    put_share(writer, day_share(traffic));
}

static const struct table_column hour_columns[] = {
    {"hour", "hour", CELL_TEXT}, {"from", NULL, CELL_TIME}, TIME_COLUMNS};

static void fill_hours(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->hour_count; i++) {
        put_text(writer, writer->day->hours[i].label);
        put_time(writer, writer->day->hours[i].from_ns);
        put_time_traffic(writer, &writer->day->hours[i].traffic);
    }
}

static const struct table_column interval_columns[] = {
    {"from", "from", CELL_TIME}, {"to", "to", CELL_TIME}, TIME_COLUMNS};

static void fill_intervals(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->interval_count; i++) {
        put_time(writer, writer->day->intervals[i].from_ns);
        put_time(writer, writer->day->intervals[i].to_ns);
        put_time_traffic(writer, &writer->day->intervals[i].traffic);
    }
}

static const struct table_column upstream_columns[] = {
    {"server", "server", CELL_TEXT},
    {"name", NULL, CELL_TEXT},
    {"zone", "serves", CELL_TEXT},
    {"asked", "asked", CELL_COUNT},
    {"answered", NULL, CELL_COUNT},
    {"silent", "silent", CELL_COUNT},
    {"silent_share", "share", CELL_SHARE},
    {"silent_share_before", "before", CELL_SHARE},
    {"refused", "REFUSED", CELL_COUNT},
    {"servfail", "SERVFAIL", CELL_COUNT},
    {"rtt_p50_ms", "RTT p50", CELL_DURATION},
    {"rtt_p95_ms", "p95", CELL_DURATION},
    {"rtt_p99_ms", "p99", CELL_DURATION},
    {"rtt_p50_before_ms", "p50 before", CELL_DURATION},
    {"rtt_p95_before_ms", NULL, CELL_DURATION},
    {"rtt_p99_before_ms", NULL, CELL_DURATION},
    {"slower", "slower", CELL_TRUTH},
};

static void fill_upstream(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->server_count; i++) {
        const struct day_server *server = &writer->day->servers[i];

        put_text(writer, server->address);
        put_text(writer, server->name);
        put_text(writer, server->zone);
        put_count(writer, server->now.queries);
        put_count(writer, server->now.responses);
        put_count(writer, server->now.unanswered);
        put_part(writer, server->now.unanswered, server->now.queries);
        put_part(writer, server->before.unanswered, server->before.queries);
        put_count(writer, server->now.refused);
        put_count(writer, server->now.servfails);
        put_duration(writer, server->now.rtt.p50_ns);
        put_duration(writer, server->now.rtt.p95_ns);
        put_duration(writer, server->now.rtt.p99_ns);
        put_duration(writer, server->before.rtt.p50_ns);
        put_duration(writer, server->before.rtt.p95_ns);
        put_duration(writer, server->before.rtt.p99_ns);
        put_truth(writer, server->slower);
    }
}

static const struct table_column expiring_columns[] = {
    {"zone", "zone", CELL_TEXT},
    {"type", "signatures over", CELL_TEXT},
    {"expires", "expire", CELL_TIME},
    {"left_ms", "left", CELL_DURATION},
    {"made", NULL, CELL_TIME},
    {"seen", "seen last", CELL_TIME},
    {"key_tag", "key", CELL_COUNT},
    {"algorithm", NULL, CELL_COUNT},
    {"servers", "servers", CELL_COUNT},
    {"server", NULL, CELL_TEXT},
    {"renewed_elsewhere", "renewed elsewhere", CELL_TRUTH},
    {"sensor", NULL, CELL_TEXT},
};

static void fill_expiring(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->expiring_count; i++) {
        const struct day_expiring *expiring = &writer->day->expiring[i];

        put_text(writer, expiring->zone);
        put_text(writer, expiring->type);
        put_time(writer, expiring->expiration_ns);
        put_duration(writer, expiring->expiration_ns - writer->day->spans[PERIOD_NOW].to_ns);
        put_time(writer, expiring->inception_ns);
        put_time(writer, expiring->seen_ns);
        put_count(writer, expiring->key_tag);
        put_count(writer, expiring->algorithm);
        put_count(writer, expiring->servers);
        put_text(writer, expiring->server);
        put_truth(writer, expiring->renewed);
        put_sensor(writer, expiring->sensor);
    }
}

static const struct table_column fragile_columns[] = {
    {"risk", "risk", CELL_TEXT},
    {"zone", "zone", CELL_TEXT},
    {"nameservers", "nameservers", CELL_COUNT},
    {"addresses", "addresses", CELL_COUNT},
    {"failing", "failing", CELL_COUNT},
    {"server", "server", CELL_TEXT},
    {"name", NULL, CELL_TEXT},
    {"outcome", "last", CELL_TEXT},
    {"since", "since", CELL_TIME},
    {"seen", NULL, CELL_TIME},
    {"sensor", NULL, CELL_TEXT},
};

/* A row a server. */
static void fill_fragile(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->fragile_count; i++) {
        const struct day_fragile *fragile = &writer->day->fragile[i];

        for (size_t j = 0; j < fragile->server_count; j++) {
            put_text(writer, day_fragile_code(fragile->kind));
            put_text(writer, fragile->zone);
            put_count(writer, fragile->nameservers);
            put_count(writer, fragile->listed);
            put_count(writer, fragile->failing);
            put_text(writer, fragile->servers[j].address);
            put_text(writer, fragile->servers[j].name);
            put_text(writer, outcome_code(fragile->servers[j].outcome));
            put_time(writer, fragile->servers[j].since_ns);
            put_time(writer, fragile->servers[j].seen_ns);
            put_sensor(writer, fragile->sensor);
        }
    }
}

static const struct table_column source_columns[] = {
    {"source", "capture", CELL_TEXT},   {"sensor", "sensor", CELL_TEXT},
    {"packets", "packets", CELL_COUNT}, {"first", "from", CELL_TIME},
    {"last", "to", CELL_TIME},
};

static void fill_sources(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->capture.shown_source_count; i++) {
        const struct day_source *source = &writer->day->capture.sources[i];

        put_text(writer, source->name);
        put_sensor(writer, source->sensor);
        put_count(writer, source->packets);
        put_time(writer, source->first_time_ns);
        put_time(writer, source->last_time_ns);
    }
}

static const struct table_column loss_columns[] = {
    {"kind", "what", CELL_TEXT},
    {"reason", "why", CELL_TEXT},
    {"count", "count", CELL_COUNT},
    {"sensor", "sensor", CELL_TEXT},
};

static void fill_losses(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->capture.loss_count; i++) {
        const struct day_loss *loss = &writer->day->capture.losses[i];

        put_text(writer, loss->kind);
        put_text(writer, loss->reason);
        put_count(writer, loss->count);
        put_sensor(writer, loss->sensor);
    }
}

#define COLUMNS(of) of##_columns, sizeof(of##_columns) / sizeof(of##_columns[0])

static const struct table_kind {
    const char *name;
    const char *title;
    const struct table_column *columns;
    size_t column_count;
    bool by_sensor; /* with a column a sensor */
    void (*fill)(struct table_writer *writer);
} kinds[] = {
    {"periods", "The span and the same span before", COLUMNS(period), false, fill_periods},
    {"sensors", "Sensors", COLUMNS(sensor), false, fill_sensors},
    {"resolvers", "Resolvers", COLUMNS(resolver), false, fill_resolvers},
    {"categories", "Whose fault", COLUMNS(category), true, fill_categories},
    {"causes", "By cause", COLUMNS(cause), true, fill_causes},
    {"outages", "Outages, by how many clients were hit", COLUMNS(outage), true, fill_outages},
    {"changes", "What changed since the period before", COLUMNS(change), false, fill_changes},
    {"zones", "Zones at fault", COLUMNS(zone), true, fill_zones},
    {"servers", "Servers at fault", COLUMNS(server), true, fill_servers},
    {"clients", "Clients hit", COLUMNS(client), true, fill_clients},
    {"names", "Names asked", COLUMNS(name), true, fill_names},
    {"elapsed", "Time from question to SERVFAIL", COLUMNS(elapsed), false, fill_elapsed},
    {"hours", "Hours of the day", COLUMNS(hour), false, fill_hours},
    {"intervals", "Over the time", COLUMNS(interval), false, fill_intervals},
    {"upstream", "Health of the servers that were asked", COLUMNS(upstream), false, fill_upstream},
    {"expiring", "Signatures that expire soon", COLUMNS(expiring), false, fill_expiring},
    {"fragile", "Delegations at risk", COLUMNS(fragile), false, fill_fragile},
    {"sources", "Captures", COLUMNS(source), false, fill_sources},
    {"losses", "What the captures lost or left out", COLUMNS(loss), false, fill_losses},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const char *day_table_name(size_t index)
{
    return index < KIND_COUNT ? kinds[index].name : NULL;
}

static int add_columns(struct table_writer *writer, const struct table_kind *kind)
{
    struct day *day = writer->day;
    struct table *table = writer->table;
    size_t more = kind->by_sensor && day->sensor_count > 1 ? day->sensor_count : 0;

    table->columns =
        day_memory_take(day->memory, (kind->column_count + more) * sizeof(*table->columns));
    if (table->columns == NULL)
        return -1;
    memcpy(table->columns, kind->columns, kind->column_count * sizeof(*table->columns));
    table->column_count = kind->column_count;
    table->sensor_column_count = more;
    /* Where there is one sensor its name says nothing. */
    for (size_t i = 0; i < kind->column_count; i++) {
        if (day->sensor_count == 1 && strcmp(table->columns[i].key, "sensor") == 0)
            table->columns[i].heading = NULL;
    }
    for (size_t i = 0; i < more; i++)
        table->columns[table->column_count++] = (struct table_column){
            day->sensors[i].name, more <= DAY_COLUMNS_MAX ? day->sensors[i].name : NULL,
            CELL_COUNT};
    return 0;
}

int day_table(struct day *day, const char *name, struct table *table, struct error *error)
{
    struct table_writer writer = {.day = day, .table = table, .error = error};

    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        *table = (struct table){.name = kinds[i].name, .title = kinds[i].title};
        if (add_columns(&writer, &kinds[i]) < 0)
            return error_set(error, "out of memory");
        kinds[i].fill(&writer);
        return writer.failed ? error_set(error, "out of memory") : 0;
    }
    return error_set(error, "there is no table '%s'", name);
}
