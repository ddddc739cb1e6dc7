/* What explains outages, causes and changes: the incidents behind them, and their stories. */
#include <stdlib.h>

#include "report/day_private.h"

#define EXAMPLES_MAX 5

static int find_example(struct building *building, size_t sensor, uint64_t outage, int64_t to_ns,
                        uint64_t *identity)
{
    static const char *const queries[] = {
        "SELECT identity FROM incidents WHERE outage = :outage AND time_ns < :to "
        "AND cause <> 'cached.failure' AND " GATHER_OF_RESOLVERS(
            "resolver") " ORDER BY time_ns DESC, identity LIMIT 1",
        "SELECT identity FROM incidents WHERE outage = :outage AND time_ns < :to "
        "AND " GATHER_OF_RESOLVERS("resolver") " ORDER BY time_ns DESC, identity LIMIT 1",
    };
    int status = 0;

    *identity = 0;
    for (size_t i = 0; i < 2 && status == 0; i++) {
        struct rows rows = rows_query(building->options->databases[sensor], queries[i]);

        rows_set_integer(&rows, ":outage", (int64_t)outage);
        rows_set_integer(&rows, ":to", to_ns);
        rows_set_text(&rows, ":resolvers", building->resolvers);
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
    if (outage->examples == NULL || find_example(building, outage->sensor, outage->identity,
                                                 span->to_ns, &outage->examples[0]) < 0)
        return -1;
    outage->example_count = outage->examples[0] != 0;
    rows = rows_query(building->options->databases[outage->sensor],
                      "SELECT identity FROM incidents WHERE outage = :outage "
                      "AND time_ns >= :from AND time_ns < :to "
                      "AND " GATHER_OF_RESOLVERS("resolver") " ORDER BY time_ns DESC, identity");
    rows_set_integer(&rows, ":outage", (int64_t)outage->identity);
    rows_set_integer(&rows, ":from", span->from_ns);
    rows_set_integer(&rows, ":to", span->to_ns);
    rows_set_text(&rows, ":resolvers", building->resolvers);
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

static int illustrate_outage(struct building *building, struct day_outage *outage)
{
    if (find_examples(building, outage) < 0 || tell_stories(building, outage) < 0 ||
        explain(building, outage) < 0)
        return -1;
    return day_compare_sensors(building, outage);
}

/* Since when the span's outages go on. */
static int find_first(struct building *building, int64_t *first_ns)
{
    struct rows rows = day_ask(building, "SELECT min(first_ns) FROM outages WHERE period = 0");
    int status = rows_next(&rows, building->error);

    *first_ns = status == 1 ? rows_time(&rows, 0) : 0;
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

/* The incidents of a fleet have to be fetched before they can be looked up. */
static int fetch(struct building *building)
{
    const struct day *day = building->day;
    const struct fleet_wish wish = day_wish(building, PERIOD_NOW);
    size_t count = 0;
    int64_t first_ns;
    struct fleet_outage *outages =
        calloc(day->cause_count + day->change_count + day->outage_count + 1, sizeof(*outages));
    int status;

    if (outages == NULL)
        return error_set(building->error, "out of memory");
    for (size_t i = 0; i < day->cause_count; i++)
        outages[count++] = (struct fleet_outage){day->causes[i].sensor, day->causes[i].outage};
    for (size_t i = 0; i < day->change_count; i++)
        outages[count++] = (struct fleet_outage){day->changes[i].sensor, day->changes[i].outage};
    for (size_t i = 0; i < day->outage_count; i++)
        outages[count++] = (struct fleet_outage){day->outages[i].sensor, day->outages[i].identity};
    status = find_first(building, &first_ns);
    if (status == 0)
        status = fleet_fetch_examples(building->options->fleet, &wish, outages, count, first_ns,
                                      building->error);
    free(outages);
    return status;
}

int day_fill_examples(struct building *building)
{
    struct day *day = building->day;
    const int64_t to_ns = day->spans[PERIOD_NOW].to_ns;

    if (building->options->fleet != NULL && fetch(building) < 0)
        return -1;
    for (size_t i = 0; i < day->cause_count; i++) {
        struct day_cause *cause = &day->causes[i];

        if (find_example(building, cause->sensor, cause->outage, to_ns, &cause->example) < 0)
            return -1;
    }
    for (size_t i = 0; i < day->change_count; i++) {
        struct day_change *change = &day->changes[i];

        if (find_example(building, change->sensor, change->outage, to_ns, &change->example) < 0)
            return -1;
    }
    for (size_t i = 0; i < day->outage_count; i++) {
        if (illustrate_outage(building, &day->outages[i]) < 0)
            return -1;
    }
    return 0;
}
