#include "report/day_tables_private.h"

#include <stdio.h>
#include <string.h>

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
        table_put_text(writer, categories[i].code);
        table_put_text(writer, categories[i].text);
        table_put_count(writer, of[PERIOD_NOW]);
        table_put_part(writer, of[PERIOD_NOW], day->traffic[PERIOD_NOW].servfails);
        table_put_count_if(writer, day->traffic[PERIOD_BEFORE].known, of[PERIOD_BEFORE]);
        table_put_count_if(writer, day->traffic[PERIOD_WEEKS_BEFORE].known,
                           of[PERIOD_WEEKS_BEFORE]);
        for (size_t j = 0; day->sensor_count > 1 && j < day->sensor_count; j++)
            table_put_count(writer, day_category_count(day->sensors[j].traffic[PERIOD_NOW].causes,
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

        table_put_text(writer, cause_code(cause->cause));
        table_put_text(writer, cause_category(cause->cause));
        table_put_count(writer, cause->incidents[PERIOD_NOW]);
        table_put_part(writer, cause->incidents[PERIOD_NOW], day->traffic[PERIOD_NOW].servfails);
        for (int period = PERIOD_BEFORE; period < PERIOD_COUNT; period++)
            table_put_count_if(writer, day->traffic[period].known, cause->incidents[period]);
        table_put_text(writer, cause->zone);
        table_put_identity(writer, cause->example);
        table_put_sensors(writer, cause->sensors);
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
    {"estimated", NULL, CELL_TRUTH},
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

        table_put_identity(writer, outage->identity);
        table_put_text(writer, cause_code(outage->cause));
        table_put_text(writer, outage->zone);
        table_put_count(writer, outage->clients);
        table_put_certain(writer, outage->incidents, outage->certainty);
        table_put_time(writer, outage->first_time_ns);
        table_put_time(writer, outage->last_time_ns);
        table_put_duration(writer, outage->last_time_ns - outage->first_time_ns);
        table_put_truth(writer, outage->going_on);
        table_put_text(writer, day_outage_history_code(outage->history));
        table_put_count(writer, outage->earlier_count);
        table_put_time(writer, outage->earlier_time_ns);
        table_put_text(writer, outage->resolver);
        table_put_text(writer, join_servers(writer, outage));
        table_put_text(writer, confidence_code(outage->confidence));
        table_put_count(writer, outage->kept);
        table_put_truth(writer, outage->certainty == DAY_ABOUT);
        table_put_sensor(writer, outage->sensor);
        table_put_text(writer, day_outage_scope_code(outage->scope));
        table_put_text(writer, outage->comparison);
        table_put_identity(writer, outage->example_count > 0 ? outage->examples[0] : 0);
        table_put_text(writer, outage->explanation);
        table_put_sensors(writer, outage->sensors);
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

        table_put_text(writer, day_change_code(change->kind));
        table_put_text(writer, cause_code(change->cause));
        table_put_text(writer, change->zone);
        table_put_count(writer, change->incidents);
        table_put_count(writer, change->incidents_before);
        table_put_identity(writer, change->example);
    }
}

#define TOP_COLUMNS(key, heading)                                                                  \
    {key, heading, CELL_TEXT}, {"name", NULL, CELL_TEXT}, {"servfails", "SERVFAIL", CELL_COUNT},   \
        {"share_of_servfails", "share", CELL_SHARE}, {"servfails_before", "before", CELL_COUNT},   \
        {"estimated", NULL, CELL_TRUTH},                                                           \
    {                                                                                              \
        "at_least", NULL, CELL_TRUTH                                                               \
    }

static const struct table_column zone_columns[] = {TOP_COLUMNS("zone", "zone")};
static const struct table_column server_columns[] = {
    {"server", "server", CELL_TEXT},
    {"name", "name", CELL_TEXT},
    {"servfails", "SERVFAIL", CELL_COUNT},
    {"share_of_servfails", "share", CELL_SHARE},
    {"servfails_before", "before", CELL_COUNT},
    {"estimated", NULL, CELL_TRUTH},
    {"at_least", NULL, CELL_TRUTH},
};
static const struct table_column client_columns[] = {TOP_COLUMNS("client", "client")};
static const struct table_column name_columns[] = {TOP_COLUMNS("name_asked", "name")};

static void fill_top(struct table_writer *writer, enum day_top_kind kind)
{
    struct day *day = writer->day;

    for (size_t i = 0; i < day->top_counts[kind]; i++) {
        const struct day_top *top = &day->tops[kind][i];

        table_put_text(writer, top->text);
        table_put_text(writer, top->name);
        table_put_certain(writer, top->incidents, top->certainty);
        if (top->certainty == DAY_AT_LEAST)
            table_put_share(writer, -1);
        else
            table_put_part(writer, top->incidents, day->traffic[PERIOD_NOW].servfails);
        table_put_count_if(writer, top->known_before, top->incidents_before);
        table_put_truth(writer, top->certainty == DAY_ABOUT);
        table_put_truth(writer, top->certainty == DAY_AT_LEAST);
        table_put_sensors(writer, top->sensors);
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

static const struct table_kind kinds[] = {
    {"categories", "Whose fault", COLUMNS(category), true, fill_categories},
    {"causes", "By cause", COLUMNS(cause), true, fill_causes},
    {"outages", "Outages, by how many clients were hit", COLUMNS(outage), true, fill_outages},
    {"changes", "What changed since the period before", COLUMNS(change), false, fill_changes},
    {"zones", "Zones at fault", COLUMNS(zone), true, fill_zones},
    {"servers", "Servers at fault", COLUMNS(server), true, fill_servers},
    {"clients", "Clients hit", COLUMNS(client), true, fill_clients},
    {"names", "Names asked", COLUMNS(name), true, fill_names},
};

const struct table_group tables_of_failures = TABLE_GROUP(kinds);
