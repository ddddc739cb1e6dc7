#include "report/day.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/day_private.h"
#include "report/moment.h"

#define NS_PER_SECOND  INT64_C(1000000000)
#define FORMATTED_SIZE 2048

double day_share(const struct day_traffic *traffic)
{
    if (!traffic->known || traffic->responses == 0)
        return -1;
    return (double)traffic->servfails / (double)traffic->responses;
}

void *day_take(struct building *building, size_t size_bytes)
{
    void *memory = day_memory_take(building->day->memory, size_bytes);

    if (memory == NULL)
        error_set(building->error, "out of memory");
    return memory;
}

void *day_grow(struct building *building, void *items, size_t count, size_t item_bytes)
{
    void *grown = day_memory_grow(building->day->memory, items, count, item_bytes);

    if (grown == NULL)
        error_set(building->error, "out of memory");
    return grown;
}

const char *day_take_text(struct building *building, struct rows *rows)
{
    if (rows_null(rows)) {
        rows_skip(rows);
        return NULL;
    }
    return day_memory_text(building->day->memory, rows_text(rows));
}

const char *day_format(struct building *building, const char *format, ...)
{
    char text[FORMATTED_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return day_memory_text(building->day->memory, text);
}

enum cause day_take_cause(struct rows *rows)
{
    enum cause cause = CAUSE_UNATTRIBUTED_NO_EVIDENCE;

    if (cause_from_code(&cause, rows_text(rows)) < 0)
        rows->unreadable = true;
    return cause;
}

struct rows day_ask(struct building *building, const char *sql)
{
    struct rows rows = rows_query(building->gathered, sql);

    rows_set_integer(&rows, ":from", building->day->spans[PERIOD_NOW].from_ns);
    rows_set_integer(&rows, ":to", building->day->spans[PERIOD_NOW].to_ns);
    return rows;
}

bool day_is_about_zone(enum cause cause)
{
    const char *category = cause_category(cause);

    return strcmp(category, "resolver") != 0 && strcmp(category, "unattributed") != 0 &&
           cause != CAUSE_UNREACHABLE_EGRESS_BLOCKED;
}

/* How far a database goes. A live source tells its own bounds only when it ends. */
static int find_extent(struct building *building, struct database *database, int64_t *first_ns,
                       int64_t *last_ns)
{
    struct rows rows = rows_query(
        database, "SELECT min(coalesce((SELECT min(first_time_ns) FROM sources), :never), "
                  "coalesce((SELECT min(minute_ns) FROM health), :never), "
                  "coalesce((SELECT min(minute_ns) FROM servfails), :never)), "
                  "max(coalesce((SELECT max(last_time_ns) FROM sources), 0), "
                  "coalesce((SELECT max(minute_ns) FROM health), 0), "
                  "coalesce((SELECT max(minute_ns) FROM servfails), 0))");
    int status;

    rows_set_integer(&rows, ":never", INT64_MAX);
    status = rows_next(&rows, building->error);
    if (status == 1) {
        *first_ns = rows_time(&rows, INT64_MAX);
        *last_ns = rows_time(&rows, 0);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

/* A span that is open at an end goes as far as any database does. */
static int find_bounds(struct building *building, struct day_span *span)
{
    const struct day_options *options = building->options;
    int64_t first_ns = INT64_MAX, last_ns = INT64_MIN, first = 0, last = 0;

    if (options->fleet != NULL &&
        fleet_extent(options->fleet, &first_ns, &last_ns, building->error) < 0)
        return -1;
    for (size_t i = 0; options->fleet == NULL && i < options->database_count; i++) {
        if (find_extent(building, options->databases[i], &first, &last) < 0)
            return -1;
        first_ns = first < first_ns ? first : first_ns;
        last_ns = last > last_ns ? last : last_ns;
    }
    if (first_ns > last_ns)
        first_ns = last_ns = options->now_ns;
    first_ns -= first_ns % DAY_MINUTE_NS;
    last_ns += DAY_MINUTE_NS - last_ns % DAY_MINUTE_NS;
    span->from_ns = options->from_ns != INT64_MIN ? options->from_ns : first_ns;
    span->to_ns = options->to_ns != INT64_MAX ? options->to_ns : last_ns;
    if (span->from_ns >= span->to_ns && options->from_ns != INT64_MIN)
        span->to_ns = span->from_ns + DAY_MINUTE_NS;
    else if (span->from_ns >= span->to_ns)
        span->from_ns = span->to_ns - DAY_MINUTE_NS;
    span->is_first = span->from_ns <= first_ns;
    span->is_last = span->to_ns >= last_ns;
    return 0;
}

/* The same time of an earlier day in the time zone, which is not always n times 24 hours before. */
static int64_t days_before(int64_t time_ns, unsigned days)
{
    time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
    struct tm tm;

    localtime_r(&seconds, &tm);
    tm.tm_mday -= (int)days;
    tm.tm_isdst = -1;
    return mktime(&tm) * NS_PER_SECOND + time_ns % NS_PER_SECOND;
}

static int set_spans(struct building *building)
{
    struct day_span *spans = building->day->spans;
    struct day_span *now = &spans[PERIOD_NOW];
    unsigned days;

    if (find_bounds(building, now) < 0 || day_find_counted(building) < 0)
        return -1;
    /* A day of 25 hours is one day. */
    days = (unsigned)((now->to_ns - now->from_ns - DAY_HOUR_NS + DAY_DAY_NS - 1) / DAY_DAY_NS);
    spans[PERIOD_BEFORE].shift_days = days < 1 ? 1 : days;
    spans[PERIOD_WEEKS_BEFORE].shift_days = (spans[PERIOD_BEFORE].shift_days + 6) / 7 * 7;
    for (int i = PERIOD_BEFORE; i < PERIOD_COUNT; i++) {
        spans[i].from_ns = days_before(now->from_ns, spans[i].shift_days);
        spans[i].to_ns = days_before(now->to_ns, spans[i].shift_days);
    }
    return 0;
}

/* Addresses of any canonical form need no escaping in JSON. */
static int list_resolvers(struct building *building)
{
    const struct day_options *options = building->options;
    char *text, *at;

    if (options->resolver_count == 0)
        return 0;
    at = text = day_take(building, options->resolver_count * (ADDRESS_TEXT_SIZE + 3) + 3);
    if (text == NULL)
        return -1;
    for (size_t i = 0; i < options->resolver_count; i++) {
        char address[ADDRESS_TEXT_SIZE];

        at += sprintf(at, "%s\"%s\"", i == 0 ? "[" : ",",
                      address_to_text(&options->resolvers[i], address));
    }
    strcpy(at, "]");
    building->resolvers = text;
    return 0;
}

struct fleet_wish day_wish(const struct building *building, enum day_period period)
{
    return (struct fleet_wish){
        .period = period,
        .span = building->day->spans[period],
        .grain_ns = period == PERIOD_NOW ? day_grain_ns(building->day) : 0,
        .resolvers = building->options->resolvers,
        .resolver_count = building->options->resolver_count,
        .tops_max = building->options->tops_max,
    };
}

/* The sensor's, which may be counted less far than others. */
static struct day_span span_of(const struct building *building, size_t sensor,
                               enum day_period period)
{
    struct day_span span = building->day->spans[period];
    int64_t until_ns = building->counted_until_ns[sensor];

    if (period == PERIOD_NOW && building->options->fleet == NULL && until_ns < span.to_ns) {
        span.to_ns = until_ns;
        span.is_last = false;
    }
    return span;
}

/* A fleet's databases hold one period at a time. */
static int gather_period(struct building *building, enum day_period period)
{
    const struct day_options *options = building->options;
    const struct fleet_wish wish = day_wish(building, period);

    if (options->fleet != NULL &&
        fleet_fetch(options->fleet, building->gathered, &wish, building->error) < 0)
        return -1;
    for (size_t i = 0; i < options->database_count; i++) {
        const struct gather_source source = {.database = options->databases[i],
                                             .of_fleet = options->fleet != NULL,
                                             .sensor = i,
                                             .resolvers = building->resolvers};
        const struct day_span span = span_of(building, i, period);

        if (gather_add(building->gathered, &source, period, &span, building->error) < 0)
            return -1;
    }
    return 0;
}

static int gather_all(struct building *building)
{
    for (int period = 0; period < PERIOD_COUNT; period++) {
        if (gather_period(building, (enum day_period)period) < 0)
            return -1;
    }
    return 0;
}

static int fill_sensors(struct building *building)
{
    struct day *day = building->day;

    day->of_fleet = building->options->fleet != NULL;
    day->now_ns = building->options->now_ns;
    day->timezone = day_memory_text(day->memory, building->options->timezone);
    day->analyzer_version = DNSBLAME_VERSION;
    for (size_t i = 0; i < building->options->database_count; i++) {
        struct day_sensor *sensor = DAY_ADD(building, day->sensors, day->sensor_count);
        struct rows rows;
        int status;

        if (sensor == NULL)
            return -1;
        sensor->counted_until_ns = building->counted_until_ns[i] < INT64_MAX
                                       ? building->counted_until_ns[i]
                                       : DAY_NOT_KNOWN;
        sensor->path =
            day_memory_text(day->memory, day->of_fleet ? fleet_server(building->options->fleet)
                                                       : building->options->paths[i]);
        rows = day_ask(building, "SELECT group_concat(name, ', ') FROM "
                                 "(SELECT DISTINCT name FROM watchers WHERE sensor = :sensor)");
        rows_set_integer(&rows, ":sensor", (int64_t)i);
        status = rows_next(&rows, building->error);
        if (status == 1 && !rows_null(&rows))
            sensor->name = day_take_text(building, &rows);
        else
            sensor->name = sensor->path;
        rows_end(&rows);
        if (status < 0)
            return -1;
    }
    return 0;
}

static int fill(struct building *building)
{
    static int (*const sections[])(struct building *) = {
        fill_sensors,      day_fill_coverage, day_fill_traffic,  day_fill_joined, day_fill_outages,
        day_fill_causes,   day_fill_changes,  day_fill_examples, day_fill_tops,   day_fill_servers,
        day_fill_forecast, day_fill_capture,  day_fill_headline,
    };

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (sections[i](building) < 0)
            return -1;
    }
    return 0;
}

static void set_defaults(struct day_options *options)
{
    if (options->outages_max == 0)
        options->outages_max = 50;
    if (options->tops_max == 0)
        options->tops_max = 10;
    if (options->servers_max == 0)
        options->servers_max = 50;
    if (options->stories_max == 0)
        options->stories_max = 3;
    if (options->expiring_days == 0)
        options->expiring_days = 7;
    if (options->timezone == NULL)
        options->timezone = "UTC";
}

struct day *day_new(const struct day_options *options, struct error *error)
{
    struct day_options completed = *options;
    struct building building = {.options = &completed, .error = error};
    struct day_memory *memory = day_memory_new();
    int status = -1;

    set_defaults(&completed);
    building.day = memory == NULL ? NULL : day_memory_take(memory, sizeof(*building.day));
    if (building.day == NULL) {
        error_set(error, "out of memory");
        day_memory_free(memory);
        return NULL;
    }
    building.day->memory = memory;
    building.gathered = gather_open(error);
    if (building.gathered != NULL && list_resolvers(&building) == 0 && set_spans(&building) == 0 &&
        gather_all(&building) == 0)
        status = fill(&building);
    database_close(building.gathered);
    if (status == 0)
        return building.day;
    day_free(building.day);
    return NULL;
}

void day_free(struct day *day)
{
    if (day != NULL)
        day_memory_free(day->memory);
}
