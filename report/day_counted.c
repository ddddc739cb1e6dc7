/* How far a database that is being written can be reported on. A SERVFAIL is stored at once, the
 * questions and answers among which it was when their minute is over: until the end of the last
 * minute that counters tell of both sides are whole. */
#include "report/day_private.h"

/* A run that was cut off stays unfinished: then nothing more comes, and what it did not count stays
 * out. */
static int is_being_written(struct building *building, struct database *database)
{
    struct rows rows =
        rows_query(database, "SELECT EXISTS (SELECT 1 FROM runs WHERE NOT finished)");
    int status = rows_next(&rows, building->error);
    bool written = status == 1 && rows_integer(&rows, 0) != 0;

    rows_end(&rows);
    return status < 0 ? -1 : written;
}

static int ask_span(struct building *building, struct database *database, const char *sql,
                    int64_t from_ns, int64_t if_null, int64_t *answer)
{
    struct rows rows = rows_query(database, sql);
    int status;

    rows_set_integer(&rows, ":from", from_ns);
    rows_set_integer(&rows, ":to", building->day->spans[PERIOD_NOW].to_ns);
    rows_set_text(&rows, ":resolvers", building->resolvers);
    status = rows_next(&rows, building->error);
    *answer = status == 1 ? rows_integer(&rows, if_null) : if_null;
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int look_into(struct building *building, struct database *database, int64_t *until_ns,
                     int64_t *since)
{
    int64_t from_ns = building->day->spans[PERIOD_NOW].from_ns;
    int written = is_being_written(building, database);

    *since = 0;
    if (written <= 0)
        return written;
    if (ask_span(building, database,
                 "SELECT minute_ns + 60000000000 FROM minutes WHERE is_resolver "
                 "AND minute_ns >= :from - 60000000000 AND minute_ns < :to "
                 "ORDER BY minute_ns DESC LIMIT 1",
                 from_ns, from_ns, until_ns) < 0)
        return -1;
    return ask_span(building, database,
                    "SELECT sum(incidents) FROM servfails WHERE minute_ns >= :from "
                    "AND minute_ns < :to AND " GATHER_OF_RESOLVERS("resolver"),
                    *until_ns, 0, since);
}

static void end_at(struct building *building, size_t sensor, int64_t until_ns, int64_t since)
{
    struct day *day = building->day;

    building->counted_until_ns[sensor] = until_ns;
    if (day->counted_until_ns == DAY_NOT_KNOWN || until_ns < day->counted_until_ns)
        day->counted_until_ns = until_ns;
    day->servfails_since += (uint64_t)since;
}

/* The span ends where the last of them does, unless nothing at all is counted yet. */
static void end_span(struct building *building, size_t count)
{
    struct day_span *span = &building->day->spans[PERIOD_NOW];
    int64_t last_ns = INT64_MIN;

    for (size_t i = 0; i < count; i++) {
        if (building->counted_until_ns[i] > last_ns)
            last_ns = building->counted_until_ns[i];
    }
    if (last_ns <= span->from_ns || last_ns >= span->to_ns)
        return;
    span->to_ns = last_ns;
    span->is_last = false;
}

int day_find_counted(struct building *building)
{
    const struct day_options *options = building->options;
    const struct day_span *span = &building->day->spans[PERIOD_NOW];
    const struct fleet_wish wish = day_wish(building, PERIOD_NOW);
    size_t count = options->database_count;

    building->day->counted_until_ns = DAY_NOT_KNOWN;
    building->counted_until_ns = day_take(building, count * sizeof(*building->counted_until_ns));
    if (building->counted_until_ns == NULL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int64_t until_ns = INT64_MAX, since = 0;
        int status = 0;

        building->counted_until_ns[i] = INT64_MAX;
        if (options->fleet == NULL)
            status = look_into(building, options->databases[i], &until_ns, &since);
        else if (i == 0)
            status = fleet_counted(options->fleet, &wish, options->now_ns, &until_ns, &since,
                                   building->error);
        if (status < 0)
            return -1;
        if (since > 0)
            end_at(building, i, until_ns > span->from_ns ? until_ns : span->from_ns, since);
    }
    end_span(building, options->fleet != NULL && count > 1 ? 1 : count); /* a fleet is one */
    return 0;
}
