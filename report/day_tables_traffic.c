#include "report/day_tables_private.h"

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

    table_put_count_if(writer, now->known, now->queries);
    table_put_count_if(writer, now->known, now->responses);
    table_put_count_if(writer, now->known, now->unanswered);
    table_put_count_if(writer, now->known, now->servfails);
    for (int period = 0; period < PERIOD_COUNT; period++)
        table_put_share(writer, day_share(&traffic[period]));
    table_put_count_if(writer, now->known, now->cached);
    table_put_count_if(writer, now->known, now->clients);
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

        table_put_text(writer, names[i]);
        table_put_time(writer, day->spans[i].from_ns);
        table_put_time(writer, day->spans[i].to_ns);
        table_put_duration(writer, day->spans[i].seen_ns);
        table_put_count_if(writer, traffic->known, traffic->queries);
        table_put_count_if(writer, traffic->known, traffic->responses);
        table_put_count_if(writer, traffic->known, traffic->unanswered);
        table_put_count_if(writer, traffic->known, traffic->servfails);
        table_put_share(writer, day_share(traffic));
        table_put_count_if(writer, traffic->known, traffic->cached);
        table_put_count_if(writer, traffic->known, traffic->clients);
    }
}

static const struct table_column sensor_columns[] = {
    {"sensor", "sensor", CELL_TEXT}, {"database", NULL, CELL_TEXT}, TRAFFIC_COLUMNS};

static void fill_sensors(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->sensor_count; i++) {
        table_put_sensor(writer, i);
        table_put_text(writer, writer->day->sensors[i].path);
        put_traffic(writer, writer->day->sensors[i].traffic);
    }
}

static const struct table_column resolver_columns[] = {
    {"resolver", "resolver", CELL_TEXT}, {"sensor", "sensor", CELL_TEXT}, TRAFFIC_COLUMNS};

static void fill_resolvers(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->resolver_count; i++) {
        const struct day_resolver *resolver = &writer->day->resolvers[i];

        table_put_text(writer, resolver->address);
        table_put_sensor(writer, resolver->sensor);
        put_traffic(writer, resolver->traffic);
    }
}

static const struct table_kind kinds[] = {
    {"periods", "The span and the same span before", COLUMNS(period), false, fill_periods},
    {"sensors", "Sensors", COLUMNS(sensor), false, fill_sensors},
    {"resolvers", "Resolvers", COLUMNS(resolver), false, fill_resolvers},
};

const struct table_group tables_of_traffic = TABLE_GROUP(kinds);
