/* Questions, answers and SERVFAILs: of all, of a sensor, of a resolver, over the span, by the hour.
 * One walk over the minutes feeds them all. */
#include <stdlib.h>
#include <string.h>

#include "report/day_private.h"

/* Stretches of time that some capture covers, apart from each other, in order. */
static int read_coverage(struct building *building, int sensor, enum day_period period,
                         int64_t *seen_ns)
{
    struct rows rows =
        day_ask(building, "SELECT from_ns, to_ns FROM covered WHERE period = :period "
                          "AND (sensor = :sensor OR :sensor < 0) ORDER BY from_ns");
    int64_t until_ns = INT64_MIN;
    int status;

    *seen_ns = 0;
    rows_set_integer(&rows, ":period", period);
    rows_set_integer(&rows, ":sensor", sensor);
    while ((status = rows_next(&rows, building->error)) == 1) {
        int64_t from_ns = rows_time(&rows, 0), to_ns = rows_time(&rows, 0);

        if (from_ns < until_ns)
            from_ns = until_ns;
        if (to_ns > from_ns) {
            *seen_ns += to_ns - from_ns;
            until_ns = to_ns;
        }
    }
    rows_end(&rows);
    return status;
}

int day_fill_coverage(struct building *building)
{
    struct day *day = building->day;
    int64_t seen_ns;

    for (int period = 0; period < PERIOD_COUNT; period++) {
        if (read_coverage(building, -1, (enum day_period)period, &day->spans[period].seen_ns) < 0)
            return -1;
        day->traffic[period].known = day->spans[period].seen_ns > 0;
        for (size_t i = 0; i < day->sensor_count; i++) {
            if (read_coverage(building, (int)i, (enum day_period)period, &seen_ns) < 0)
                return -1;
            day->sensors[i].traffic[period].known = seen_ns > 0;
        }
    }
    return 0;
}

static int add_resolvers(struct building *building)
{
    struct day *day = building->day;
    struct rows rows =
        day_ask(building, "SELECT sensor, resolver FROM asked WHERE sensor >= 0 UNION "
                          "SELECT sensor, resolver FROM failed WHERE sensor >= 0 "
                          "ORDER BY sensor, resolver");
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        struct day_resolver *resolver = DAY_ADD(building, day->resolvers, day->resolver_count);

        if (resolver == NULL)
            break;
        resolver->sensor = rows_count(&rows);
        resolver->address = day_take_text(building, &rows);
        for (int period = 0; period < PERIOD_COUNT; period++)
            resolver->traffic[period].known = day->sensors[resolver->sensor].traffic[period].known;
    }
    rows_end(&rows);
    return status;
}

static int mark_all_covered(struct building *building)
{
    struct rows rows = day_ask(
        building, "SELECT from_ns, to_ns FROM covered WHERE period = 0 AND to_ns > from_ns");
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        int64_t from_ns = rows_time(&rows, 0);

        day_mark_covered(building->day, from_ns, rows_time(&rows, 0));
    }
    rows_end(&rows);
    return status;
}

/* Everything that a minute of a resolver counts in. */
#define FED_MAX 5

struct feed {
    struct day_traffic *to[FED_MAX];
    size_t count;
};

/* Takes sensor, period, minute and resolver from the row, which come in that order of resolvers. Of
 * a fleet some rows are of all sensors (-1), and count in the course of time, others of no minute,
 * and count in all else: as no figure is of a sensor at a time, no row has to be. */
static struct feed feed_of(struct day *day, struct rows *rows, size_t *at)
{
    int64_t sensor = rows_integer(rows, 0);
    enum day_period period = (enum day_period)rows_integer(rows, 0);
    int64_t minute_ns = rows_time(rows, DAY_NOT_KNOWN);
    const char *resolver = rows_text(rows);
    struct feed feed = {.count = 0};

    if (sensor >= 0) {
        while (*at + 1 < day->resolver_count &&
               (day->resolvers[*at].sensor != (size_t)sensor ||
                strcmp(day->resolvers[*at].address, resolver) != 0))
            (*at)++;
        feed.to[feed.count++] = &day->traffic[period];
        feed.to[feed.count++] = &day->sensors[sensor].traffic[period];
        feed.to[feed.count++] = &day->resolvers[*at].traffic[period];
    }
    if (period == PERIOD_NOW && minute_ns != DAY_NOT_KNOWN) {
        feed.to[feed.count++] = &day_interval_of(day, minute_ns)->traffic;
        feed.to[feed.count++] = &day_hour_of(day, minute_ns)->traffic;
    }
    return feed;
}

static int count_asked(struct building *building)
{
    struct rows rows =
        day_ask(building, "SELECT sensor, period, minute_ns, resolver, queries, responses, "
                          "unanswered, rcode_0, rcode_1, rcode_2, rcode_3, rcode_4, rcode_5, "
                          "rcode_6, rcode_7, rcode_8, rcode_9, rcode_10, rcode_11, rcode_12, "
                          "rcode_13, rcode_14, rcode_15 FROM asked ORDER BY sensor, resolver");
    size_t at = 0;
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        struct feed feed = feed_of(building->day, &rows, &at);
        uint64_t queries = rows_count(&rows), responses = rows_count(&rows);
        uint64_t unanswered = rows_count(&rows), rcodes[16];

        for (int i = 0; i < 16; i++)
            rcodes[i] = rows_count(&rows);
        for (size_t i = 0; i < feed.count; i++) {
            feed.to[i]->known = true;
            feed.to[i]->queries += queries;
            feed.to[i]->responses += responses;
            feed.to[i]->unanswered += unanswered;
            for (int j = 0; j < 16; j++)
                feed.to[i]->rcodes[j] += rcodes[j];
        }
    }
    rows_end(&rows);
    return status;
}

static int count_failed(struct building *building)
{
    struct rows rows = day_ask(building, "SELECT sensor, period, minute_ns, resolver, cause, "
                                         "incidents, cached FROM failed ORDER BY sensor, resolver");
    size_t at = 0;
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        struct feed feed = feed_of(building->day, &rows, &at);
        enum cause cause = day_take_cause(&rows);
        uint64_t incidents = rows_count(&rows), cached = rows_count(&rows);

        for (size_t i = 0; i < feed.count; i++) {
            feed.to[i]->known = true;
            feed.to[i]->servfails += incidents;
            feed.to[i]->cached += cached;
            feed.to[i]->causes[cause] += incidents;
        }
    }
    rows_end(&rows);
    return status;
}

/* An estimate, and one of whole quarters of an hour, may be too high. */
static void set_clients(struct day_traffic *traffic, uint64_t estimate)
{
    traffic->clients = estimate < traffic->servfails ? estimate : traffic->servfails;
}

static int count_clients_of_all(struct building *building)
{
    struct day *day = building->day;
    struct rows rows = day_ask(building, "SELECT period, sketch_count(sketch_union(clients)) "
                                         "FROM clients GROUP BY period");
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        size_t period = rows_count(&rows);

        set_clients(&day->traffic[period], rows_count(&rows));
    }
    rows_end(&rows);
    return status;
}

static int count_clients_of_sensors(struct building *building)
{
    struct day *day = building->day;
    struct rows rows =
        day_ask(building, "SELECT sensor, period, sketch_count(sketch_union(clients)) FROM clients "
                          "GROUP BY sensor, period");
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        struct day_sensor *sensor = &day->sensors[rows_count(&rows)];
        size_t period = rows_count(&rows);

        set_clients(&sensor->traffic[period], rows_count(&rows));
    }
    rows_end(&rows);
    return status;
}

static int count_clients_of_resolvers(struct building *building)
{
    struct day *day = building->day;
    struct rows rows = day_ask(building, "SELECT sensor, resolver, period, sketch_count(clients) "
                                         "FROM clients ORDER BY sensor, resolver");
    size_t at = 0;
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        size_t sensor = rows_count(&rows);
        const char *resolver = rows_text(&rows);
        size_t period = rows_count(&rows);

        while (at + 1 < day->resolver_count && (day->resolvers[at].sensor != sensor ||
                                                strcmp(day->resolvers[at].address, resolver) != 0))
            at++;
        if (at < day->resolver_count)
            set_clients(&day->resolvers[at].traffic[period], rows_count(&rows));
    }
    rows_end(&rows);
    return status;
}

static int compare_resolvers(const void *left, const void *right)
{
    const struct day_resolver *a = left, *b = right;
    const struct day_traffic *now_a = &a->traffic[PERIOD_NOW], *now_b = &b->traffic[PERIOD_NOW];

    if (now_a->servfails != now_b->servfails)
        return now_a->servfails > now_b->servfails ? -1 : 1;
    if (now_a->queries != now_b->queries)
        return now_a->queries > now_b->queries ? -1 : 1;
    if (a->sensor != b->sensor)
        return a->sensor < b->sensor ? -1 : 1;
    return strcmp(a->address, b->address);
}

static int read_elapsed(struct building *building)
{
    struct day *day = building->day;
    struct rows rows = day_ask(building, "SELECT * FROM elapsed");
    uint64_t incidents = 0;
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        rows_skip(&rows);
        rows_skip(&rows);
        incidents += rows_count(&rows);
        day_take_latency(&rows, &day->elapsed);
    }
    rows_end(&rows);
    day_finish_latency(&day->elapsed);
    day->elapsed_unknown = incidents - day->elapsed.count;
    return status;
}

/* Those that had no counters of their own were counted under no address. */
static void name_other_resolvers(struct day *day)
{
    for (size_t i = 0; i < day->resolver_count; i++) {
        if (day->resolvers[i].address[0] == '\0')
            day->resolvers[i].address = DAY_OTHER_RESOLVERS;
    }
}

int day_fill_traffic(struct building *building)
{
    struct day *day = building->day;

    if (add_resolvers(building) < 0 || day_add_intervals(building) < 0 ||
        day_add_hours(building) < 0 || mark_all_covered(building) < 0 ||
        count_asked(building) < 0 || count_failed(building) < 0 ||
        count_clients_of_all(building) < 0 || count_clients_of_sensors(building) < 0 ||
        count_clients_of_resolvers(building) < 0)
        return -1;
    if (day->resolver_count > 1)
        qsort(day->resolvers, day->resolver_count, sizeof(day->resolvers[0]), compare_resolvers);
    name_other_resolvers(day);
    return read_elapsed(building);
}
