/* Who and what stands for the most SERVFAILs. Zones and servers are counted by their outages, which
 * is exact; clients and names by the incidents' rows. Where rows are sampled each stands for its
 * weight, and a sum of weights is an estimate where no single one makes more than a thirtieth of
 * it; else only the rows themselves are certain. */
#include "report/day_private.h"

/* The outages that a zone or a server is to blame for. */
#define BLAMING                                                                                    \
    "parts p JOIN outages o ON o.sensor = p.sensor AND o.period = p.period AND "                   \
    "o.identity = p.outage AND cause NOT LIKE 'resolver.%' AND cause NOT LIKE 'unattributed.%' "   \
    "AND cause <> 'unreachable.egress-blocked' "

#define SURE                                                                                       \
    "iif(max(weight) * " GATHER_LEAST_ROWS_SQL " <= sum(incidents), sum(incidents), sum(kept))"
/* Of a fleet only the first came, and how many there are. */
#define TOTAL(kind)                                                                                \
    "coalesce((SELECT totals.count FROM totals WHERE totals.kind = '" kind "'), count(*) OVER ())"

static const struct {
    const char
        *rank; /* text, name, now, as rows weigh, rows, how many there are: the first of all */
    const char *before; /* in the period before, of :text; NULL: not counted */
    const char *sensor; /* of :text, by sensor: incidents, rows */
} queries[TOP_COUNT] = {
    [TOP_ZONES] =
        {
            "SELECT zone, NULL, sum(incidents) AS n, sum(incidents), sum(kept), count(*) OVER () "
            "FROM " BLAMING
            "WHERE p.period = 0 AND zone IS NOT NULL GROUP BY zone ORDER BY n DESC, zone "
            "LIMIT :limit",
            "SELECT sum(incidents) FROM " BLAMING "WHERE p.period = 1 AND zone = :text",
            "SELECT p.sensor, sum(incidents), sum(kept) FROM " BLAMING
            "WHERE p.period = 0 AND zone = :text GROUP BY p.sensor",
        },
    [TOP_SERVERS] =
        {
            "SELECT address, max(name), sum(incidents) AS n, sum(incidents), sum(kept), count(*) "
            "OVER () FROM " BLAMING "JOIN blamed b ON b.sensor = p.sensor AND b.period = p.period "
            "AND b.outage = p.outage WHERE p.period = 0 GROUP BY address "
            "ORDER BY n DESC, address LIMIT :limit",
            "SELECT sum(incidents) FROM " BLAMING "JOIN blamed b ON b.sensor = p.sensor "
            "AND b.period = p.period AND b.outage = p.outage "
            "WHERE p.period = 1 AND address = :text",
            "SELECT p.sensor, sum(incidents), sum(kept) FROM " BLAMING
            "JOIN blamed b ON b.sensor = p.sensor "
            "AND b.period = p.period AND b.outage = p.outage "
            "WHERE p.period = 0 AND address = :text GROUP BY p.sensor",
        },
    [TOP_CLIENTS] =
        {
            "SELECT text, NULL, " SURE " AS n, sum(incidents), sum(kept), " TOTAL(
                "client") " FROM hit "
                          "GROUP BY text ORDER BY n DESC, text LIMIT :limit",
            NULL,
            "SELECT sensor, sum(incidents), sum(kept) FROM hit WHERE text = :text GROUP BY sensor",
        },
    [TOP_NAMES] =
        {
            "SELECT text, NULL, " SURE " AS n, sum(incidents), sum(kept), " TOTAL(
                "qname") " FROM names "
                         "GROUP BY text ORDER BY n DESC, text LIMIT :limit",
            NULL,
            "SELECT sensor, sum(incidents), sum(kept) FROM names WHERE text = :text GROUP BY "
            "sensor",
        },
};

static int count_before(struct building *building, const char *sql, struct day_top *top)
{
    struct rows rows;
    int status;

    if (sql == NULL || !building->day->traffic[PERIOD_BEFORE].known)
        return 0;
    rows = day_ask(building, sql);
    rows_set_text(&rows, ":text", top->text);
    status = rows_next(&rows, building->error);
    if (status == 1)
        top->incidents_before = rows_count(&rows);
    top->known_before = true;
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int count_by_sensor(struct building *building, const char *sql, struct day_top *top)
{
    struct rows rows = day_ask(building, sql);
    int status = 0;

    top->sensors = day_take(building, building->day->sensor_count * sizeof(*top->sensors));
    rows_set_text(&rows, ":text", top->text);
    while (top->sensors != NULL && (status = rows_next(&rows, building->error)) == 1) {
        size_t sensor = rows_count(&rows);
        uint64_t incidents = rows_count(&rows), kept = rows_count(&rows);

        top->sensors[sensor] = top->certainty == DAY_AT_LEAST ? kept : incidents;
    }
    rows_end(&rows);
    return top->sensors == NULL || status < 0 ? -1 : 0;
}

static enum day_certainty judge(const struct building *building, enum day_top_kind kind,
                                const struct day_top *top, uint64_t weighed, uint64_t kept)
{
    const struct day *day = building->day;

    if (kind == TOP_ZONES || kind == TOP_SERVERS)
        return building->resolvers != NULL && kept < top->incidents ? DAY_ABOUT : DAY_COUNTED;
    if (day->kept == day->traffic[PERIOD_NOW].servfails)
        return DAY_COUNTED;
    return top->incidents == weighed && weighed >= GATHER_LEAST_ROWS ? DAY_ABOUT : DAY_AT_LEAST;
}

static int fill_top(struct building *building, enum day_top_kind kind)
{
    struct day *day = building->day;
    struct rows rows = day_ask(building, queries[kind].rank);
    uint64_t weighed;
    int status;

    rows_set_integer(&rows, ":limit", (int64_t)building->options->tops_max);
    while ((status = rows_next(&rows, building->error)) == 1) {
        struct day_top *top = DAY_ADD(building, day->tops[kind], day->top_counts[kind]);

        if (top == NULL) {
            status = -1;
            break;
        }
        top->text = day_take_text(building, &rows);
        top->name = day_take_text(building, &rows);
        top->incidents = rows_count(&rows);
        weighed = rows_count(&rows);
        top->certainty = judge(building, kind, top, weighed, rows_count(&rows));
        day->top_totals[kind] = rows_count(&rows);
        if (count_before(building, queries[kind].before, top) < 0 ||
            count_by_sensor(building, queries[kind].sensor, top) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    return status;
}

int day_fill_tops(struct building *building)
{
    for (int kind = 0; kind < TOP_COUNT; kind++) {
        if (fill_top(building, (enum day_top_kind)kind) < 0)
            return -1;
    }
    return 0;
}
