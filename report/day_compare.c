/* Is it the zone, or only this sensor's way to it? Other sensors ask the same servers: what they
 * got of them in the same quarters of an hour, by which servers are counted, decides. */
#include <stdio.h>
#include <string.h>

#include "correlate/outage.h"
#include "report/day_private.h"
#include "store/counts.h"

#define NAMES_SHOWN 6
#define NAMES_SIZE  512

/* How a sensor fared with an outage's servers while it lasted. */
enum fate {
    FATE_NOT_ASKED,
    FATE_ANSWERED, /* one of them gave at least half of its questions an answer of use */
    FATE_UNHELPED, /* none did: silence, REFUSED, SERVFAIL */
    FATE_FAILED,   /* it saw the outage, or the zone failed otherwise */
};

struct comparison {
    enum fate *fates; /* by sensor */
    size_t counts[FATE_FAILED + 1];
    bool may_have_asked; /* one that is not known to have asked has servers counted together */
};

/* The zone failed there at the same time, of whatever cause. */
static int find_failed(struct building *building, const struct day_outage *outage, enum fate *fates)
{
    struct rows rows;
    int status = 0;

    for (size_t i = 0; i < outage->part_count; i++)
        fates[outage->parts[i].sensor] = FATE_FAILED;
    if (outage->zone == NULL)
        return 0;
    rows = day_ask(building, "SELECT DISTINCT p.sensor FROM outages o JOIN parts p "
                             "ON p.sensor = o.sensor AND p.period = 0 AND outage = identity "
                             "WHERE o.period = 0 AND zone = :zone "
                             "AND o.last_ns >= :first AND o.first_ns <= :last");
    rows_set_text(&rows, ":zone", outage->zone);
    rows_set_integer(&rows, ":first", outage->first_time_ns - OUTAGE_PAUSE_NS);
    rows_set_integer(&rows, ":last", outage->last_time_ns + OUTAGE_PAUSE_NS);
    while ((status = rows_next(&rows, building->error)) == 1)
        fates[rows_count(&rows)] = FATE_FAILED;
    rows_end(&rows);
    return status;
}

/* Since when, within the span. */
static int64_t begin_of(const struct building *building, const struct day_outage *outage)
{
    int64_t from_ns = building->day->spans[PERIOD_NOW].from_ns;

    return span_begin_ns(outage->first_time_ns > from_ns ? outage->first_time_ns : from_ns,
                         QUARTER_NS);
}

struct counts {
    uint64_t queries, answers; /* answers of use */
};

static int ask_server(struct building *building, const struct day_outage *outage, struct rows *rows,
                      const char *server, struct counts *counts)
{
    int status;

    rows_reset(rows);
    rows_set_text(rows, ":server", server);
    rows_set_integer(rows, ":first", begin_of(building, outage));
    rows_set_integer(rows, ":last", outage->last_time_ns);
    status = rows_next(rows, building->error);
    if (status < 0)
        return -1;
    counts->queries = rows_count(rows);
    counts->answers = rows_count(rows);
    return 0;
}

static int ask_sensor(struct building *building, const struct day_outage *outage, size_t sensor,
                      struct comparison *comparison)
{
    struct rows rows =
        rows_query(building->options->databases[sensor],
                   "WITH RECURSIVE quarters (begin_ns) AS (SELECT :first UNION ALL "
                   "SELECT begin_ns + 900000000000 FROM quarters "
                   "WHERE begin_ns + 900000000000 <= :last) "
                   "SELECT sum(queries), sum(responses - rcode_2 - rcode_5) FROM quarters "
                   "CROSS JOIN minutes ON minute_ns = begin_ns "
                   "WHERE server = :server AND NOT is_resolver");
    enum fate *fate = &comparison->fates[sensor];
    struct counts counts = {0, 0};
    int status = 0;

    *fate = FATE_NOT_ASKED;
    for (size_t i = 0; i < outage->server_count && *fate != FATE_ANSWERED && status == 0; i++) {
        status = ask_server(building, outage, &rows, outage->servers[i].address, &counts);
        if (status == 0 && counts.queries > 0)
            *fate = 2 * counts.answers >= counts.queries ? FATE_ANSWERED : FATE_UNHELPED;
    }
    if (status == 0 && *fate == FATE_NOT_ASKED) {
        status = ask_server(building, outage, &rows, "", &counts);
        comparison->may_have_asked |= counts.queries > 0;
    }
    rows_end(&rows);
    return status;
}

/* "a, b and 3 more" */
static const char *join_names(const struct day *day, const struct comparison *comparison,
                              enum fate fate, char text[NAMES_SIZE])
{
    size_t count = comparison->counts[fate], named = 0, length = 0;
    size_t shown = count > NAMES_SHOWN ? NAMES_SHOWN - 1 : count;

    text[0] = '\0';
    for (size_t i = 0; i < day->sensor_count && named < shown && length < NAMES_SIZE; i++) {
        if (comparison->fates[i] != fate)
            continue;
        length += (size_t)snprintf(text + length, NAMES_SIZE - length, "%s%.64s",
                                   named == 0                             ? ""
                                   : named + 1 == shown && shown == count ? " and "
                                                                          : ", ",
                                   day->sensors[i].name);
        named++;
    }
    if (shown < count && length < NAMES_SIZE)
        snprintf(text + length, NAMES_SIZE - length, " and %zu more", count - shown);
    return text;
}

/* Whose fault it is when all who ask fail. */
static const char *culprit(enum cause cause)
{
    return strcmp(cause_category(cause), "forwarder") == 0 ? "the forwarder's"
                                                           : "the zone's or its servers'";
}

/* What it can be where others got answers. */
static const struct {
    const char *category; /* of causes; "": any other */
    const char *one;      /* at one sensor, as it goes on behind a colon */
    const char *some;     /* at several */
} elsewhere[] = {
    {"unreachable", "it is that sensor's network", "look at the networks between"},
    {"timeout", "it is that sensor's network", "look at the networks between"},
    {"network", "it is that sensor's network", "look at the networks between"},
    {"forwarder", "it is that sensor's network, or what the forwarder answers it",
     "look at the networks between, and at what the forwarder answers whom"},
    {"dnssec", "others do not validate, or these servers answer that sensor otherwise",
     "not all validate, or these servers do not answer all alike"},
    {"", "it is that sensor's resolver, or what these servers answer it",
     "these servers do not answer all alike"},
};

/* The last, which fits all, ends the search. */
static size_t find_elsewhere(enum cause cause)
{
    size_t i = 0;

    while (elsewhere[i].category[0] != '\0' &&
           strcmp(elsewhere[i].category, cause_category(cause)) != 0)
        i++;
    return i;
}

static const char *say_everywhere(struct building *building, const struct day_outage *outage,
                                  const struct comparison *comparison, const char *failed)
{
    const char *whose = culprit(outage->cause);
    char silent[NAMES_SIZE];

    if (comparison->counts[FATE_UNHELPED] > 0)
        return day_format(building,
                          "It fails at %s; %s asked the same servers meanwhile and got hardly an "
                          "answer of use: the fault is %s, not one sensor's network.",
                          failed, join_names(building->day, comparison, FATE_UNHELPED, silent),
                          whose);
    return day_format(building,
                      "It fails at every sensor that asked (%s): the fault is %s, not one "
                      "sensor's network.",
                      failed, whose);
}

static const char *say_not_asked(struct building *building, const struct day_outage *outage,
                                 const struct comparison *comparison, const char *failed)
{
    if (outage->server_count == 0)
        return day_format(building,
                          "Only %s saw it, and no server is known by which others could tell the "
                          "zone's fault from that sensor's.",
                          failed);
    return day_format(
        building,
        "Only %s saw it, and no other sensor asked these servers meanwhile%s: nothing "
        "tells their fault from that of the sensor's network.",
        failed,
        comparison->may_have_asked ? ", unless so seldom that they are not told from others" : "");
}

/* What lasted less than a quarter of an hour may have been over when others asked. */
static const char *say_one_sensor(struct building *building, const struct day_outage *outage,
                                  const char *failed, const char *answered)
{
    bool brief = outage->last_time_ns - outage->first_time_ns < QUARTER_NS;

    return day_format(building,
                      "It fails at %s only, while %s got answers from the same servers in the same "
                      "quarter of an hour: %s%s.",
                      failed, answered, brief ? "likely " : "",
                      elsewhere[find_elsewhere(outage->cause)].one);
}

static const char *say(struct building *building, const struct day_outage *outage,
                       const struct comparison *comparison)
{
    size_t other = find_elsewhere(outage->cause);
    char failed[NAMES_SIZE], answered[NAMES_SIZE];

    join_names(building->day, comparison, FATE_FAILED, failed);
    join_names(building->day, comparison, FATE_ANSWERED, answered);
    switch (outage->scope) {
    case SCOPE_EVERYWHERE:
        return say_everywhere(building, outage, comparison, failed);
    case SCOPE_SOME_SENSORS:
        return day_format(building,
                          "It fails at %s, while %s got answers from the same servers in the same "
                          "quarter of an hour: it depends on where one asks from, %s.",
                          failed, answered, elsewhere[other].some);
    case SCOPE_ONE_SENSOR:
        return say_one_sensor(building, outage, failed, answered);
    case SCOPE_NOT_ASKED:
        return say_not_asked(building, outage, comparison, failed);
    case SCOPE_NOT_COMPARED:
        break;
    }
    return NULL;
}

static enum day_outage_scope scope_of(const struct comparison *comparison)
{
    bool one = comparison->counts[FATE_FAILED] == 1;

    if (comparison->counts[FATE_ANSWERED] > 0)
        return one ? SCOPE_ONE_SENSOR : SCOPE_SOME_SENSORS;
    return one && comparison->counts[FATE_UNHELPED] == 0 ? SCOPE_NOT_ASKED : SCOPE_EVERYWHERE;
}

/* How those fared that did not fail with it. */
static int ask_others(struct building *building, const struct day_outage *outage,
                      struct comparison *comparison)
{
    size_t count = building->day->sensor_count;
    bool fetched = building->options->fleet == NULL;

    for (size_t i = 0; i < count; i++) {
        if (comparison->fates[i] == FATE_FAILED)
            continue;
        if (!fetched && fleet_fetch_fared(building->options->fleet, outage,
                                          begin_of(building, outage), building->error) < 0)
            return -1;
        fetched = true;
        if (ask_sensor(building, outage, i, comparison) < 0)
            return -1;
    }
    for (size_t i = 0; i < count; i++)
        comparison->counts[comparison->fates[i]]++;
    return 0;
}

int day_compare_sensors(struct building *building, struct day_outage *outage)
{
    const struct day *day = building->day;
    struct comparison comparison = {0};

    if (day->sensor_count == 1 || !day_is_about_zone(outage->cause))
        return 0;
    comparison.fates = day_take(building, day->sensor_count * sizeof(*comparison.fates));
    if (comparison.fates == NULL || find_failed(building, outage, comparison.fates) < 0 ||
        ask_others(building, outage, &comparison) < 0)
        return -1;
    outage->scope = scope_of(&comparison);
    outage->comparison = say(building, outage, &comparison);
    return 0;
}
