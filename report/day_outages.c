/* The outages of the span, worst first: what several sensors saw at once is one (day_join.c). */

#include "correlate/outage.h"
#include "report/day_private.h"

#define OF_THE_JOINT                                                                               \
    "joined j JOIN parts p ON p.sensor = j.sensor AND p.period = 0 AND p.outage = j.outage "       \
    "JOIN outages o ON o.sensor = j.sensor AND o.period = 0 AND o.identity = j.outage "

static int name_servers(struct building *building, struct day_outage *outage, int64_t joint)
{
    struct rows rows = day_ask(
        building, "SELECT address, max(name) FROM joined j JOIN blamed b ON b.sensor = j.sensor "
                  "AND b.period = 0 AND b.outage = j.outage WHERE joint = :joint "
                  "GROUP BY address ORDER BY address");
    int status = 0;

    rows_set_integer(&rows, ":joint", joint);
    while (outage->server_count < DAY_BLAMED_MAX &&
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

/* Outages of this cause before :first. Sensors see the same ones, so that it is the sensor with
 * most that counts them; where servers tell, the server with most. */
#define LIKE_IT_BEFORE                                                                             \
    "SELECT max(n), max(last_ns) FROM (SELECT sum(outages) AS n, max(last_ns) AS last_ns FROM ("

/* Was there one like it before: of this cause in this zone, or at this resolver where it is about
 * no zone, or by one of these servers where the zone is not known? */
static int look_back(struct building *building, struct day_outage *outage, int64_t joint)
{
    static const char by_zone[] = LIKE_IT_BEFORE
        "SELECT sensor, outages, zone, resolver, last_ns FROM past "
        "WHERE cause = :cause AND address IS NULL "
        "UNION ALL SELECT sensor, 1, zone, resolver, last_ns FROM outages "
        "WHERE period = 0 AND cause = :cause AND last_ns < :first) "
        "WHERE iif(:zone IS NULL, resolver = :resolver, zone = :zone) GROUP BY sensor)";
    static const char by_server[] = LIKE_IT_BEFORE
        "SELECT sensor, address, outages, last_ns FROM past "
        "WHERE cause = :cause AND address IS NOT NULL "
        "UNION ALL SELECT o.sensor, address, 1, last_ns FROM outages o JOIN blamed b "
        "ON b.sensor = o.sensor AND b.period = o.period AND b.outage = o.identity "
        "WHERE o.period = 0 AND cause = :cause AND zone IS NULL AND last_ns < :first) "
        "WHERE address IN (SELECT address FROM joined j JOIN blamed b ON b.sensor = j.sensor "
        "AND b.period = 0 AND b.outage = j.outage WHERE joint = :joint) GROUP BY sensor, address)";
    bool of_servers = day_is_about_zone(outage->cause) && outage->zone == NULL;
    struct rows rows = day_ask(building, of_servers ? by_server : by_zone);
    int status;

    rows_set_integer(&rows, ":joint", joint);
    rows_set_integer(&rows, ":first", outage->first_time_ns);
    rows_set_text(&rows, ":cause", cause_code(outage->cause));
    if (day_is_about_zone(outage->cause))
        rows_set_text(&rows, ":zone", outage->zone);
    rows_set_text(&rows, ":resolver", outage->resolver);
    status = rows_next(&rows, building->error);
    if (status == 1) {
        outage->earlier_count = rows_count(&rows);
        outage->earlier_time_ns = rows_time(&rows, DAY_NOT_KNOWN);
    }
    rows_end(&rows);
    if (outage->first_time_ns < building->day->spans[PERIOD_NOW].from_ns)
        outage->history = OUTAGE_CONTINUES;
    else if (of_servers && outage->server_count == 0)
        outage->history = OUTAGE_UNLIKE_ANY;
    else
        outage->history = outage->earlier_count > 0 ? OUTAGE_RETURNED : OUTAGE_FIRST_TIME;
    return status < 0 ? -1 : 0;
}

/* How far each sensor's captures reach within the span. */
static int find_seen_until(struct building *building)
{
    size_t count = building->day->sensor_count;
    struct rows rows;
    int status;

    building->seen_until_ns = day_take(building, count * sizeof(*building->seen_until_ns));
    if (building->seen_until_ns == NULL)
        return -1;
    for (size_t i = 0; i < count; i++)
        building->seen_until_ns[i] = INT64_MAX;
    rows = day_ask(building, "SELECT sensor, max(to_ns) FROM covered WHERE period = 0 "
                             "GROUP BY sensor");
    while ((status = rows_next(&rows, building->error)) == 1) {
        size_t sensor = rows_count(&rows);

        building->seen_until_ns[sensor] = rows_time(&rows, INT64_MAX);
    }
    rows_end(&rows);
    return status;
}

/* What one sensor saw of it. The first part, which holds most, stands for the whole. */
static int add_part(struct building *building, struct day_outage *outage, struct rows *rows)
{
    struct day_outage_part *part = DAY_ADD(building, outage->parts, outage->part_count);
    int64_t last_ever_ns;

    if (part == NULL)
        return -1;
    part->sensor = rows_count(rows);
    part->identity = rows_count(rows);
    part->incidents = rows_count(rows);
    part->first_time_ns = rows_time(rows, 0);
    part->last_time_ns = rows_time(rows, 0);
    last_ever_ns = rows_time(rows, 0);
    if (outage->part_count == 1) {
        outage->sensor = part->sensor;
        outage->identity = part->identity;
        outage->cause = day_take_cause(rows);
        outage->zone = day_take_text(building, rows);
        outage->resolver = day_take_text(building, rows);
    }
    outage->sensors[part->sensor] += part->incidents;
    if (last_ever_ns >= building->day->spans[PERIOD_NOW].to_ns ||
        part->last_time_ns >= building->seen_until_ns[part->sensor] - OUTAGE_PAUSE_NS)
        outage->going_on = true;
    return 0;
}

/* Of all, as add_part() says it of those that are listed. */
static int count_going_on(struct building *building)
{
    struct rows rows = day_ask(
        building, "SELECT count(DISTINCT joint) FROM " OF_THE_JOINT
                  "LEFT JOIN (SELECT sensor, max(to_ns) AS until_ns FROM covered WHERE period = 0 "
                  "GROUP BY sensor) c ON c.sensor = j.sensor WHERE (:zone IS NULL OR zone = :zone) "
                  "AND (o.last_ns >= :to OR p.last_ns >= until_ns - :pause)");
    int status;

    rows_set_text(&rows, ":zone", building->options->zone);
    rows_set_integer(&rows, ":pause", OUTAGE_PAUSE_NS);
    status = rows_next(&rows, building->error);
    if (status == 1)
        building->day->outages_going_on = rows_count(&rows);
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int add_parts(struct building *building, struct day_outage *outage, int64_t joint)
{
    struct rows rows = day_ask(building, "SELECT p.sensor, o.identity, incidents, o.first_ns, "
                                         "p.last_ns, o.last_ns, cause, zone, resolver "
                                         "FROM " OF_THE_JOINT "WHERE joint = :joint "
                                         "ORDER BY incidents DESC, p.sensor, identity");
    int status = 0;

    outage->sensors = day_take(building, building->day->sensor_count * sizeof(*outage->sensors));
    rows_set_integer(&rows, ":joint", joint);
    while (outage->sensors != NULL && (status = rows_next(&rows, building->error)) == 1) {
        if (add_part(building, outage, &rows) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    return outage->sensors == NULL || status < 0 ? -1 : 0;
}

static int add_outage(struct building *building, struct rows *rows)
{
    struct day *day = building->day;
    struct day_outage *outage = DAY_ADD(building, day->outages, day->outage_count);
    int64_t joint = rows_integer(rows, 0);

    if (outage == NULL)
        return -1;
    outage->clients = rows_count(rows);
    outage->incidents = rows_count(rows);
    outage->kept = rows_count(rows);
    outage->first_time_ns = rows_time(rows, 0);
    outage->last_time_ns = rows_time(rows, 0);
    if (add_parts(building, outage, joint) < 0 || name_servers(building, outage, joint) < 0)
        return -1;
    if (building->resolvers != NULL && outage->kept < outage->incidents)
        outage->certainty = DAY_ABOUT;
    return look_back(building, outage, joint);
}

static int count_outages(struct building *building)
{
    struct rows rows = day_ask(building, "SELECT count(DISTINCT joint), sum(kept), "
                                         "sum(incidents) FROM " OF_THE_JOINT);
    int status = rows_next(&rows, building->error);

    if (status == 1) {
        building->day->outage_total = rows_count(&rows);
        building->day->kept = rows_count(&rows);
        building->day->in_outages = rows_count(&rows);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

int day_fill_outages(struct building *building)
{
    struct rows rows = day_ask(
        building, "SELECT joint, min(sketch_count(sketch_union(clients)), sum(incidents)) AS hurt, "
                  "sum(incidents) AS n, sum(kept), min(o.first_ns), max(p.last_ns) "
                  "FROM " OF_THE_JOINT "WHERE (:zone IS NULL OR zone = :zone) GROUP BY joint "
                  "ORDER BY hurt DESC, n DESC, max(p.last_ns) - min(p.first_ns) DESC, "
                  "min(identity) LIMIT :limit");
    int status;

    if (find_seen_until(building) < 0) {
        rows_end(&rows);
        return -1;
    }
    rows_set_integer(&rows, ":limit", (int64_t)building->options->outages_max);
    rows_set_text(&rows, ":zone", building->options->zone);
    while ((status = rows_next(&rows, building->error)) == 1) {
        if (add_outage(building, &rows) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    if (status < 0 || count_outages(building) < 0)
        return -1;
    return count_going_on(building);
}
