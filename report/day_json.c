#include "report/day_json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "report/moment.h"
#include "report/table.h"

/* 15 digits show whole nanoseconds of milliseconds as they are meant. */
#define JSON_FLAGS (JSON_INDENT(1) | JSON_REAL_PRECISION(15))

/* jansson's functions take NULL for what could not be made and fail; the object is then wanting a
 * member, and day_json_print() sees it at the top only. So each failure is noted. */
struct json_writer {
    struct day *day;
    bool failed;
    struct error *error;
};

static void set(struct json_writer *writer, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        writer->failed = true;
}

static void append(struct json_writer *writer, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) < 0)
        writer->failed = true;
}

static json_t *json_text(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static json_t *json_count(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *json_time(int64_t time_ns)
{
    char text[MOMENT_TEXT_SIZE];

    return time_ns == DAY_NOT_KNOWN ? json_null() : json_string(moment_to_rfc3339(time_ns, text));
}

/* In the time zone. */
static json_t *json_date(int64_t time_ns)
{
    char text[MOMENT_TEXT_SIZE];

    return json_sprintf("%.10s", moment_to_text(time_ns, text));
}

static json_t *json_duration(int64_t duration_ns)
{
    return duration_ns == DAY_NOT_KNOWN ? json_null() : json_real((double)duration_ns / 1e6);
}

static json_t *json_share(double share)
{
    return share < 0 ? json_null() : json_real(share);
}

static json_t *json_identity(uint64_t identity)
{
    return identity == 0 ? json_null() : json_sprintf("%016" PRIx64, identity);
}

static json_t *json_cell(const struct cell *cell)
{
    switch (cell->kind) {
    case CELL_TEXT:
        return json_text(cell->text);
    case CELL_COUNT:
        return json_count(cell->count);
    case CELL_SHARE:
        return json_share(cell->share);
    case CELL_TIME:
        return json_time(cell->ns);
    case CELL_DURATION:
        return json_duration(cell->ns);
    case CELL_IDENTITY:
        return json_identity(cell->count);
    case CELL_TRUTH:
        return json_boolean(cell->count != 0);
    case CELL_MISSING:
        break;
    }
    return json_null();
}

/* A column that has no key of the table's own is a sensor's. */
static json_t *json_row(struct json_writer *writer, const struct table *table, size_t row,
                        size_t own_columns)
{
    const struct cell *cells = &table->cells[row * table->column_count];
    json_t *object = json_object();

    for (size_t i = 0; i < own_columns; i++)
        set(writer, object, table->columns[i].key, json_cell(&cells[i]));
    if (own_columns < table->column_count) {
        json_t *sensors = json_array();

        for (size_t i = own_columns; i < table->column_count; i++)
            append(writer, sensors, json_cell(&cells[i]));
        set(writer, object, "by_sensor", sensors);
    }
    return object;
}

static json_t *json_table(struct json_writer *writer, const char *name)
{
    struct table table;
    json_t *array = json_array();

    if (day_table(writer->day, name, &table, writer->error) < 0) {
        writer->failed = true;
        return array;
    }
    for (size_t row = 0; row < table_row_count(&table); row++)
        append(writer, array,
               json_row(writer, &table, row, table.column_count - table.sensor_column_count));
    return array;
}

/* Those that occurred. */
static json_t *json_causes(struct json_writer *writer, const uint64_t causes[CAUSE_COUNT])
{
    json_t *object = json_object();

    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (causes[i] > 0)
            set(writer, object, cause_code((enum cause)i), json_count(causes[i]));
    }
    return object;
}

static json_t *json_traffic(struct json_writer *writer, const struct day_traffic *traffic)
{
    json_t *object = json_object(), *rcodes = json_array();

    for (int i = 0; i < 16; i++)
        append(writer, rcodes, json_count(traffic->rcodes[i]));
    set(writer, object, "questions", json_count(traffic->queries));
    set(writer, object, "responses", json_count(traffic->responses));
    set(writer, object, "unanswered", json_count(traffic->unanswered));
    set(writer, object, "rcodes", rcodes);
    set(writer, object, "servfails", json_count(traffic->servfails));
    set(writer, object, "servfail_share", json_share(day_share(traffic)));
    set(writer, object, "cached", json_count(traffic->cached));
    set(writer, object, "causes", json_causes(writer, traffic->causes));
    return object;
}

static json_t *json_known_traffic(struct json_writer *writer, const struct day_traffic *traffic)
{
    return traffic->known ? json_traffic(writer, traffic) : json_null();
}

/* With the distinct clients, which are counted for whole spans only. */
static json_t *json_whole_traffic(struct json_writer *writer, const struct day_traffic *traffic)
{
    json_t *object = json_known_traffic(writer, traffic);

    if (traffic->known)
        set(writer, object, "clients", json_count(traffic->clients));
    return object;
}

static json_t *json_span(struct json_writer *writer, enum day_period period)
{
    const struct day_span *span = &writer->day->spans[period];
    json_t *object = json_object();

    set(writer, object, "from", json_time(span->from_ns));
    set(writer, object, "to", json_time(span->to_ns));
    set(writer, object, "days_before", json_integer(span->shift_days));
    set(writer, object, "covered_ms", json_duration(span->seen_ns));
    set(writer, object, "traffic", json_whole_traffic(writer, &writer->day->traffic[period]));
    return object;
}

static json_t *json_spans(struct json_writer *writer)
{
    json_t *object = json_object();

    set(writer, object, "now", json_span(writer, PERIOD_NOW));
    set(writer, object, "before", json_span(writer, PERIOD_BEFORE));
    set(writer, object, "weeks_before", json_span(writer, PERIOD_WEEKS_BEFORE));
    return object;
}

/* Of a resolver or a sensor, in all periods. */
static void set_periods(struct json_writer *writer, json_t *object,
                        const struct day_traffic traffic[PERIOD_COUNT])
{
    set(writer, object, "now", json_whole_traffic(writer, &traffic[PERIOD_NOW]));
    set(writer, object, "before", json_whole_traffic(writer, &traffic[PERIOD_BEFORE]));
    set(writer, object, "weeks_before", json_whole_traffic(writer, &traffic[PERIOD_WEEKS_BEFORE]));
}

static json_t *json_sensors(struct json_writer *writer)
{
    json_t *array = json_array();

    for (size_t i = 0; i < writer->day->sensor_count; i++) {
        const struct day_sensor *sensor = &writer->day->sensors[i];
        json_t *object = json_object();

        set(writer, object, "sensor", json_text(sensor->name));
        set(writer, object, "database", json_text(sensor->path));
        set(writer, object, "counted_until", json_time(sensor->counted_until_ns));
        set_periods(writer, object, sensor->traffic);
        append(writer, array, object);
    }
    return array;
}

static json_t *json_resolvers(struct json_writer *writer)
{
    const struct day *day = writer->day;
    json_t *array = json_array();

    for (size_t i = 0; i < day->resolver_count; i++) {
        json_t *object = json_object();

        set(writer, object, "resolver", json_text(day->resolvers[i].address));
        set(writer, object, "sensor", json_text(day->sensors[day->resolvers[i].sensor].name));
        set_periods(writer, object, day->resolvers[i].traffic);
        append(writer, array, object);
    }
    return array;
}

static json_t *json_intervals(struct json_writer *writer)
{
    json_t *array = json_array();

    for (size_t i = 0; i < writer->day->interval_count; i++) {
        const struct day_interval *interval = &writer->day->intervals[i];
        json_t *object = json_object();

        set(writer, object, "from", json_time(interval->from_ns));
        set(writer, object, "to", json_time(interval->to_ns));
        set(writer, object, "traffic", json_known_traffic(writer, &interval->traffic));
        append(writer, array, object);
    }
    return array;
}

static json_t *json_hours(struct json_writer *writer)
{
    json_t *array = json_array();

    for (size_t i = 0; i < writer->day->hour_count; i++) {
        const struct day_hour *hour = &writer->day->hours[i];
        json_t *object = json_object();

        set(writer, object, "hour", json_text(hour->label));
        set(writer, object, "from", json_time(hour->from_ns));
        set(writer, object, "traffic", json_known_traffic(writer, &hour->traffic));
        append(writer, array, object);
    }
    return array;
}

static json_t *json_latency(struct json_writer *writer, const struct day_latency *latency)
{
    json_t *object = json_object(), *buckets = json_array();

    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        int64_t limit_us = latency_bucket_limit_us(i);
        json_t *bucket = json_object();

        set(writer, bucket, "up_to_ms",
            limit_us == INT64_MAX ? json_null() : json_duration(limit_us * 1000));
        set(writer, bucket, "count", json_count(latency->buckets[i]));
        append(writer, buckets, bucket);
    }
    set(writer, object, "count", json_count(latency->count));
    set(writer, object, "p50_ms", json_duration(latency->p50_ns));
    set(writer, object, "p95_ms", json_duration(latency->p95_ns));
    set(writer, object, "p99_ms", json_duration(latency->p99_ns));
    set(writer, object, "buckets", buckets);
    return object;
}

static json_t *json_elapsed(struct json_writer *writer)
{
    json_t *object = json_latency(writer, &writer->day->elapsed);

    set(writer, object, "question_not_seen", json_count(writer->day->elapsed_unknown));
    return object;
}

static json_t *json_texts(struct json_writer *writer, const char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        append(writer, array, json_text(texts[i]));
    return array;
}

/* What each sensor saw of it. */
static json_t *json_parts(struct json_writer *writer, const struct day_outage *outage)
{
    json_t *array = json_array();

    for (size_t i = 0; i < outage->part_count; i++) {
        const struct day_outage_part *part = &outage->parts[i];
        json_t *object = json_object();

        set(writer, object, "sensor", json_text(writer->day->sensors[part->sensor].name));
        set(writer, object, "outage", json_identity(part->identity));
        set(writer, object, "servfails", json_count(part->incidents));
        set(writer, object, "since", json_time(part->first_time_ns));
        set(writer, object, "until", json_time(part->last_time_ns));
        append(writer, array, object);
    }
    return array;
}

/* The table's rows, and what does not fit into a cell. */
static json_t *json_outages(struct json_writer *writer)
{
    const struct day *day = writer->day;
    json_t *array = json_table(writer, "outages");

    for (size_t i = 0; i < json_array_size(array) && i < day->outage_count; i++) {
        const struct day_outage *outage = &day->outages[i];
        json_t *object = json_array_get(array, i), *servers = json_array();
        json_t *incidents = json_array();

        for (size_t j = 0; j < outage->server_count; j++) {
            json_t *server = json_object();

            set(writer, server, "address", json_text(outage->servers[j].address));
            set(writer, server, "name", json_text(outage->servers[j].name));
            append(writer, servers, server);
        }
        for (size_t j = 0; j < outage->example_count; j++)
            append(writer, incidents, json_identity(outage->examples[j]));
        set(writer, object, "servers", servers);
        set(writer, object, "incidents", incidents);
        set(writer, object, "parts", json_parts(writer, outage));
        set(writer, object, "advice", json_texts(writer, outage->advice, outage->advice_count));
    }
    return array;
}

static json_t *json_tops(struct json_writer *writer)
{
    json_t *object = json_object();

    for (int kind = 0; kind < TOP_COUNT; kind++) {
        const char *code = day_top_code((enum day_top_kind)kind);
        json_t *top = json_object();

        set(writer, top, "total", json_count(writer->day->top_totals[kind]));
        set(writer, top, "rows", json_table(writer, code));
        set(writer, object, code, top);
    }
    return object;
}

static json_t *json_limited(struct json_writer *writer, const char *name, uint64_t total)
{
    json_t *object = json_object();

    set(writer, object, "total", json_count(total));
    set(writer, object, "rows", json_table(writer, name));
    return object;
}

static json_t *json_upstream(struct json_writer *writer)
{
    const struct day_server_counts *others = &writer->day->other_servers;
    json_t *object = json_limited(writer, "upstream", writer->day->server_total);
    json_t *together = json_object();

    set(writer, together, "asked", json_count(others->queries));
    set(writer, together, "answered", json_count(others->responses));
    set(writer, together, "silent", json_count(others->unanswered));
    set(writer, together, "refused", json_count(others->refused));
    set(writer, together, "servfail", json_count(others->servfails));
    set(writer, object, "others", together);
    return object;
}

static json_t *json_capture(struct json_writer *writer)
{
    const struct day *day = writer->day;
    const struct day_capture *capture = &day->capture;
    json_t *object = json_object();

    set(writer, object, "sources", json_count(capture->source_count));
    set(writer, object, "packets", json_count(capture->packets));
    set(writer, object, "dns_messages", json_count(capture->dns_messages));
    set(writer, object, "dns_responses", json_count(capture->dns_responses));
    set(writer, object, "lost", json_count(capture->lost));
    set(writer, object, "first", json_time(capture->first_time_ns));
    set(writer, object, "last", json_time(capture->last_time_ns));
    set(writer, object, "latest_sources", json_table(writer, "sources"));
    set(writer, object, "losses", json_table(writer, "losses"));
    set(writer, object, "servfails_kept", json_count(day->kept));
    set(writer, object, "servfails_in_outages", json_count(day->in_outages));
    set(writer, object, "trust", json_texts(writer, day->trust, day->trust_count));
    return object;
}

static json_t *json_report(struct json_writer *writer)
{
    const struct day *day = writer->day;
    json_t *object = json_object();

    set(writer, object, "schema", json_integer(DAY_JSON_SCHEMA));
    set(writer, object, "analyzer_version", json_text(day->analyzer_version));
    set(writer, object, "made", json_time(day->now_ns));
    set(writer, object, "timezone", json_text(day->timezone));
    set(writer, object, "day", json_date(day->spans[PERIOD_NOW].from_ns));
    set(writer, object, "counted_until", json_time(day->counted_until_ns));
    set(writer, object, "servfails_since", json_count(day->servfails_since));
    set(writer, object, "headline", json_text(day->headline));
    set(writer, object, "action", json_text(day->action));
    set(writer, object, "spans", json_spans(writer));
    set(writer, object, "sensors", json_sensors(writer));
    set(writer, object, "resolvers", json_resolvers(writer));
    set(writer, object, "categories", json_table(writer, "categories"));
    set(writer, object, "causes", json_table(writer, "causes"));
    set(writer, object, "outages_total", json_count(day->outage_total));
    set(writer, object, "outages_going_on", json_count(day->outages_going_on));
    set(writer, object, "outages", json_outages(writer));
    set(writer, object, "changes", json_limited(writer, "changes", day->change_total));
    set(writer, object, "tops", json_tops(writer));
    set(writer, object, "elapsed", json_elapsed(writer));
    set(writer, object, "hours", json_hours(writer));
    set(writer, object, "intervals", json_intervals(writer));
    set(writer, object, "upstream", json_upstream(writer));
    set(writer, object, "expiring", json_limited(writer, "expiring", day->expiring_total));
    set(writer, object, "fragile", json_limited(writer, "fragile", day->fragile_total));
    set(writer, object, "capture", json_capture(writer));
    return object;
}

int day_json_print(FILE *output, struct day *day, struct error *error)
{
    struct json_writer writer = {.day = day, .error = error};
    json_t *object = json_report(&writer);
    int result = 0;

    if (writer.failed)
        result = error_set(error, "out of memory");
    else if (json_dumpf(object, output, JSON_FLAGS) < 0 || putc('\n', output) == EOF)
        result = error_set(error, "output: %s", strerror(errno));
    json_decref(object);
    return result;
}
