#include "report/day_tables_private.h"

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
        table_put_duration(writer, limit_us == INT64_MAX ? DAY_NOT_KNOWN : limit_us * 1000);
        table_put_count(writer, elapsed->buckets[i]);
        table_put_part(writer, elapsed->buckets[i], elapsed->count);
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
    table_put_count_if(writer, traffic->known, traffic->queries);
    table_put_count_if(writer, traffic->known, traffic->responses);
    table_put_count_if(writer, traffic->known, traffic->servfails);
    table_put_share(writer, day_share(traffic));
}

static const struct table_column hour_columns[] = {
    {"hour", "hour", CELL_TEXT}, {"from", NULL, CELL_TIME}, TIME_COLUMNS};

static void fill_hours(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->hour_count; i++) {
        table_put_text(writer, writer->day->hours[i].label);
        table_put_time(writer, writer->day->hours[i].from_ns);
        put_time_traffic(writer, &writer->day->hours[i].traffic);
    }
}

static const struct table_column interval_columns[] = {
    {"from", "from", CELL_TIME}, {"to", "to", CELL_TIME}, TIME_COLUMNS};

static void fill_intervals(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->interval_count; i++) {
        table_put_time(writer, writer->day->intervals[i].from_ns);
        table_put_time(writer, writer->day->intervals[i].to_ns);
        put_time_traffic(writer, &writer->day->intervals[i].traffic);
    }
}

static const struct table_kind kinds[] = {
    {"elapsed", "Time from question to SERVFAIL", COLUMNS(elapsed), false, fill_elapsed},
    {"hours", "Hours of the day", COLUMNS(hour), false, fill_hours},
    {"intervals", "Over the time", COLUMNS(interval), false, fill_intervals},
};

const struct table_group tables_over_time = TABLE_GROUP(kinds);
