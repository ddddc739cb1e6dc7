/* The health of the servers that the resolvers ask, out of the minute counters. */
#include "report/day_private.h"

#define SLOWER_MAX     20
#define SLOWER_ANSWERS 100
#define SLOWER_BY_NS   INT64_C(20000000)
#define LATENCY_COLUMNS(of)                                                                        \
    of "latency_0, " of "latency_1, " of "latency_2, " of "latency_3, " of "latency_4, " of        \
       "latency_5, " of "latency_6, " of "latency_7, " of "latency_8, " of "latency_9, " of        \
       "latency_10, " of "latency_11, " of "latency_12, " of "latency_13, " of "latency_14, " of   \
       "latency_15, " of "latency_16, " of "latency_17, " of "latency_18, " of "latency_19"

/* What several sensors saw of a server is added up. */
static void take_counts(struct rows *rows, struct day_server_counts *counts)
{
    counts->queries += rows_count(rows);
    counts->responses += rows_count(rows);
    counts->unanswered += rows_count(rows);
    counts->servfails += rows_count(rows);
    counts->refused += rows_count(rows);
    day_take_latency(rows, &counts->rtt);
}

static int read_counts(struct building *building, const char *address, int period,
                       struct day_server_counts *counts)
{
    struct rows rows =
        day_ask(building, "SELECT queries, responses, unanswered, servfails, "
                          "refused, " LATENCY_COLUMNS("") " FROM servers WHERE period = :period "
                                                          "AND address = :address");
    int status;

    rows_set_integer(&rows, ":period", period);
    rows_set_text(&rows, ":address", address);
    while ((status = rows_next(&rows, building->error)) == 1)
        take_counts(&rows, counts);
    rows_end(&rows);
    day_finish_latency(&counts->rtt);
    return status;
}

static bool is_slower(const struct day_server *server)
{
    const struct day_latency *now = &server->now.rtt, *before = &server->before.rtt;

    return now->count >= SLOWER_ANSWERS && before->count >= SLOWER_ANSWERS &&
           now->median_ns >= 2 * before->median_ns &&
           now->median_ns - before->median_ns >= SLOWER_BY_NS;
}

/* Its name, and a zone that it serves. */
static int describe(struct building *building, struct day_server *server)
{
    static const char *const queries[] = {
        "SELECT name, zone FROM delegations WHERE server = :address AND name IS NOT NULL "
        "ORDER BY last_ns DESC, zone LIMIT 1",
        "SELECT name, zone FROM blamed b JOIN outages o ON o.sensor = b.sensor "
        "AND o.period = b.period AND identity = outage WHERE address = :address "
        "ORDER BY name IS NULL, b.period, zone LIMIT 1",
    };
    int status = 0;

    for (size_t i = 0; i < 2 && status == 0; i++) {
        struct rows rows = day_ask(building, queries[i]);

        rows_set_text(&rows, ":address", server->address);
        status = rows_next(&rows, building->error);
        if (status == 1) {
            server->name = day_take_text(building, &rows);
            server->zone = day_take_text(building, &rows);
        }
        rows_end(&rows);
    }
    return status < 0 ? -1 : 0;
}

static int add_server(struct building *building, const struct day_server *found)
{
    struct day *day = building->day;
    struct day_server *server = DAY_ADD(building, day->servers, day->server_count);

    if (server == NULL)
        return -1;
    *server = *found;
    server->address = day_memory_text(day->memory, found->address);
    return describe(building, server);
}

/* All are looked at: one that got slower need be none of those that failed. */
static int rank_servers(struct building *building)
{
    struct day *day = building->day;
    struct rows rows = day_ask(
        building, "SELECT address, sum(queries) AS asked, "
                  "sum(unanswered + refused + servfails) AS failed FROM servers WHERE period = 0 "
                  "AND address <> '' GROUP BY address ORDER BY failed DESC, asked DESC, address");
    size_t slower = 0;
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        struct day_server server = {.address = rows_text(&rows)};

        day->server_total++;
        if (day->server_count >= building->options->servers_max && slower >= SLOWER_MAX)
            continue;
        if (read_counts(building, server.address, PERIOD_NOW, &server.now) < 0 ||
            read_counts(building, server.address, PERIOD_BEFORE, &server.before) < 0) {
            status = -1;
            break;
        }
        server.known_before = server.before.queries > 0;
        server.slower = is_slower(&server);
        slower += server.slower;
        if ((day->server_count < building->options->servers_max || server.slower) &&
            add_server(building, &server) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    return status;
}

int day_fill_servers(struct building *building)
{
    if (rank_servers(building) < 0)
        return -1;
    /* Those that have no rows each share one without an address. */
    return read_counts(building, "", PERIOD_NOW, &building->day->other_servers);
}
