/* The outages of the span, worst first, each with what explains it. */
#include <stdlib.h>
#include <string.h>

#include "report/day_private.h"

#define EXAMPLES_MAX 5
#define SERVERS_MAX  16

int day_find_example(struct building *building, size_t sensor, uint64_t outage, int64_t to_ns,
                     uint64_t *identity)
{
    static const char *const queries[] = {
        "SELECT identity FROM incidents WHERE outage = :outage AND time_ns < :to "
        "AND cause <> 'cached.failure' ORDER BY time_ns DESC, identity LIMIT 1",
        "SELECT identity FROM incidents WHERE outage = :outage AND time_ns < :to "
        "ORDER BY time_ns DESC, identity LIMIT 1",
    };
    int status = 0;

    *identity = 0;
    for (size_t i = 0; i < 2 && status == 0; i++) {
        struct rows rows = rows_query(building->options->databases[sensor], queries[i]);

        rows_set_integer(&rows, ":outage", (int64_t)outage);
        rows_set_integer(&rows, ":to", to_ns);
        status = rows_next(&rows, building->error);
        if (status == 1)
            *identity = rows_count(&rows);
        rows_end(&rows);
    }
    return status < 0 ? -1 : 0;
}

static int find_examples(struct building *building, struct day_outage *outage)
{
    const struct day_span *span = &building->day->spans[PERIOD_NOW];
    struct rows rows;
    int status = 0;

    outage->examples = day_take(building, EXAMPLES_MAX * sizeof(*outage->examples));
    if (outage->examples == NULL || day_find_example(building, outage->sensor, outage->identity,
                                                     span->to_ns, &outage->examples[0]) < 0)
        return -1;
    outage->example_count = outage->examples[0] != 0;
    rows = rows_query(building->options->databases[outage->sensor],
                      "SELECT identity FROM incidents WHERE outage = :outage "
                      "AND time_ns >= :from AND time_ns < :to ORDER BY time_ns DESC, identity");
    rows_set_integer(&rows, ":outage", (int64_t)outage->identity);
    rows_set_integer(&rows, ":from", span->from_ns);
    rows_set_integer(&rows, ":to", span->to_ns);
    while (outage->example_count < EXAMPLES_MAX &&
           (status = rows_next(&rows, building->error)) == 1) {
        uint64_t identity = rows_count(&rows);

        if (outage->example_count == 0 || identity != outage->examples[0])
            outage->examples[outage->example_count++] = identity;
    }
    rows_end(&rows);
    return outage->example_count < EXAMPLES_MAX && status < 0 ? -1 : 0;
}

static int read_story(struct building *building, size_t sensor, uint64_t identity,
                      struct day_story *story)
{
    struct database *database = building->options->databases[sensor];
    struct incident_filter filter = INCIDENT_FILTER_ALL;

    filter.identity = &identity;
    if (database_select(database, &filter, building->error) < 0)
        return -1;
    return database_next(database, &story->incident, &story->context, building->error);
}

static int tell_stories(struct building *building, struct day_outage *outage)
{
    size_t wanted = building->options->stories_max < outage->example_count
                        ? building->options->stories_max
                        : outage->example_count;

    outage->stories = day_take(building, (wanted + 1) * sizeof(*outage->stories));
    if (outage->stories == NULL)
        return -1;
    for (size_t i = 0; i < wanted; i++) {
        struct day_story *story = &outage->stories[outage->story_count];
        int status = read_story(building, outage->sensor, outage->examples[i], story);

        if (status < 0)
            return -1;
        /* The database keeps one sensor's name, the last that it read. */
        story->context.sensor = building->day->sensors[outage->sensor].name;
        story->context.analyzer_version = DNSBLAME_VERSION;
        outage->story_count += (size_t)status;
    }
    return 0;
}

static int explain(struct building *building, struct day_outage *outage)
{
    struct day_memory *memory = building->day->memory;
    const struct incident *incident;

    if (outage->story_count == 0)
        return 0;
    incident = &outage->stories[0].incident;
    outage->confidence = incident->confidence;
    outage->explanation = day_memory_text(memory, incident->explanation);
    outage->advice = day_take(building, ADVICE_MAX * sizeof(*outage->advice));
    if (outage->advice == NULL)
        return -1;
    for (unsigned i = 0; i < incident->advice_count; i++)
        outage->advice[outage->advice_count++] = day_memory_text(memory, incident->advice[i]);
    return 0;
}

static int name_servers(struct building *building, struct day_outage *outage)
{
    struct rows rows = day_ask(building, "SELECT address, name FROM blamed WHERE sensor = :sensor "
                                         "AND period = 0 AND outage = :outage ORDER BY address");
    int status = 0;

    rows_set_integer(&rows, ":sensor", (int64_t)outage->sensor);
    rows_set_integer(&rows, ":outage", (int64_t)outage->identity);
    while (outage->server_count < SERVERS_MAX &&
           (status = rows_next(&rows, building->error)) == 1) {
        struct day_server_at_fault *server =
            DAY_ADD(building, outage->servers, outage->server_count);

        if (server == NULL) {
            status = -1;
            break;
        }
        server->address = day_take_text(building, &rows);
        server->name = day_take_text(building, &rows);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

/* Was there one like it before: of this cause in this zone, or at this resolver where it is about
 * no zone? */
static int look_back(struct building *building, struct day_outage *outage)
{
    struct rows rows = day_ask(
        building, "SELECT sum(outages), max(last_ns) FROM ("
                  "SELECT outages, zone, resolver, last_ns FROM past "
                  "WHERE sensor = :sensor AND cause = :cause "
                  "UNION ALL SELECT 1, zone, resolver, last_ns FROM outages WHERE sensor = :sensor "
                  "AND period = 0 AND cause = :cause AND identity <> :outage AND last_ns < :first) "
                  "WHERE iif(:zone IS NULL, resolver = :resolver, zone = :zone)");
    int status;

    rows_set_integer(&rows, ":sensor", (int64_t)outage->sensor);
    rows_set_integer(&rows, ":outage", (int64_t)outage->identity);
    rows_set_integer(&rows, ":first", outage->first_time_ns);
    rows_set_text(&rows, ":cause", cause_code(outage->cause));
    if (day_is_about_zone(outage->cause))
        rows_set_text(&rows, ":zone", outage->zone);
    rows_set_text(&rows, ":resolver", outage->resolver);
    status = rows_next(&rows, building->error);
    if (status == 1) {
        outage->earlier_count = rows_count(&rows);
        outage->earlier_time_ns = rows_integer(&rows, DAY_NOT_KNOWN);
    }
    rows_end(&rows);
    if (outage->first_time_ns < building->day->spans[PERIOD_NOW].from_ns)
        outage->history = OUTAGE_CONTINUES;
    else
        outage->history = outage->earlier_count > 0 ? OUTAGE_RETURNED : OUTAGE_FIRST_TIME;
    return status < 0 ? -1 : 0;
}

/* How far the sensor's captures reach within the span. */
static int find_seen_until(struct building *building, size_t sensor, int64_t *seen_until_ns)
{
    struct rows rows = day_ask(building, "SELECT max(to_ns) FROM covered WHERE period = 0 "
                                         "AND sensor = :sensor");
    int status;

    rows_set_integer(&rows, ":sensor", (int64_t)sensor);
    status = rows_next(&rows, building->error);
    *seen_until_ns = status == 1 ? rows_integer(&rows, INT64_MAX) : INT64_MAX;
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int add_outage(struct building *building, struct rows *rows)
{
    struct day *day = building->day;
    struct day_outage *outage = DAY_ADD(building, day->outages, day->outage_count);
    int64_t last_ever_ns, seen_until_ns;

    if (outage == NULL)
        return -1;
    outage->sensor = rows_count(rows);
    outage->identity = rows_count(rows);
    outage->cause = day_take_cause(rows);
    outage->zone = day_take_text(building, rows);
    outage->resolver = day_take_text(building, rows);
    outage->first_time_ns = rows_integer(rows, 0);
    last_ever_ns = rows_integer(rows, 0);
    outage->incidents = rows_count(rows);
    outage->kept = rows_count(rows);
    outage->last_time_ns = rows_integer(rows, 0);
    outage->clients = rows_count(rows);
    if (find_seen_until(building, outage->sensor, &seen_until_ns) < 0)
        return -1;
    outage->going_on = last_ever_ns >= day->spans[PERIOD_NOW].to_ns ||
                       outage->last_time_ns >= seen_until_ns - DAY_OUTAGE_PAUSE_NS;
    if (name_servers(building, outage) < 0 || look_back(building, outage) < 0 ||
        find_examples(building, outage) < 0 || tell_stories(building, outage) < 0)
        return -1;
    return explain(building, outage);
}

static int count_outages(struct building *building)
{
    struct rows rows = day_ask(building, "SELECT count(*), sum(kept) FROM parts WHERE period = 0");
    int status = rows_next(&rows, building->error);

    if (status == 1) {
        building->day->outage_total = rows_count(&rows);
        building->day->kept = rows_count(&rows);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

int day_fill_outages(struct building *building)
{
    struct rows rows = day_ask(
        building, "SELECT p.sensor, identity, cause, zone, resolver, o.first_ns, o.last_ns, "
                  "incidents, kept, p.last_ns, min(sketch_count(clients), incidents) AS hurt "
                  "FROM parts p JOIN outages o ON o.sensor = p.sensor "
                  "AND o.period = p.period AND identity = outage WHERE p.period = 0 "
                  "AND (:zone IS NULL OR zone = :zone) "
                  "ORDER BY hurt DESC, incidents DESC, p.last_ns - p.first_ns DESC, "
                  "identity LIMIT :limit");
    int status;

    rows_set_integer(&rows, ":limit", (int64_t)building->options->outages_max);
    if (building->options->zone != NULL)
        rows_set_text(&rows, ":zone", building->options->zone);
    while ((status = rows_next(&rows, building->error)) == 1) {
        if (add_outage(building, &rows) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    return status < 0 ? -1 : count_outages(building);
}
