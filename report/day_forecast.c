/* What will fail next: signatures that run out, delegations that hang by a thread. The correlator
 * tells only what is near its end or in trouble, and when that is over. */
#include <string.h>

#include "decode/codes.h"
#include "report/day_private.h"

#define FORECASTS_MAX 50
#define SERVERS_MAX   16

static int add_expiring(struct building *building, struct rows *rows)
{
    struct day *day = building->day;
    struct day_expiring *expiring;
    char type[CODE_TEXT_SIZE];

    day->expiring_total++;
    if (day->expiring_count >= FORECASTS_MAX)
        return 0;
    expiring = DAY_ADD(building, day->expiring, day->expiring_count);
    if (expiring == NULL)
        return -1;
    expiring->sensor = rows_count(rows);
    expiring->zone = day_take_text(building, rows);
    expiring->type = day_memory_text(day->memory, type_to_text((uint16_t)rows_count(rows), type));
    expiring->key_tag = (uint16_t)rows_count(rows);
    expiring->algorithm = (uint8_t)rows_count(rows);
    expiring->inception_ns = rows_time(rows, 0);
    expiring->expiration_ns = rows_time(rows, 0);
    expiring->seen_ns = rows_time(rows, 0);
    expiring->server = day_take_text(building, rows);
    expiring->servers = (unsigned)rows_count(rows);
    expiring->renewed = rows_count(rows) > 0;
    return 0;
}

/* A signature that was renewed has more than a third of its life left, as the correlator sees it.
 * Where min() stands alone, SQLite takes the other columns from the row that has it. */
static int find_expiring(struct building *building)
{
    struct rows rows = day_ask(
        building,
        "WITH newest AS (SELECT sensor, zone, type, server, key_tag, algorithm, inception_ns, "
        "max(expiration_ns) AS expiration_ns, last_ns FROM signatures "
        "GROUP BY zone, type, server), "
        "judged AS (SELECT *, (expiration_ns - last_ns) * 3 < expiration_ns - inception_ns AS "
        "near, "
        "max(expiration_ns) OVER (PARTITION BY zone, type) AS best_ns FROM newest) "
        "SELECT sensor, zone, type, key_tag, algorithm, inception_ns, min(expiration_ns), last_ns, "
        "server, count(*), max(best_ns > expiration_ns) FROM judged "
        "WHERE near AND expiration_ns >= :from AND expiration_ns < :until GROUP BY zone, type "
        "ORDER BY 7, zone, type");
    int status;

    rows_set_integer(&rows, ":until",
                     building->day->spans[PERIOD_NOW].to_ns +
                         (int64_t)building->options->expiring_days * DAY_DAY_NS);
    while ((status = rows_next(&rows, building->error)) == 1) {
        if (add_expiring(building, &rows) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    return status;
}

static enum outcome take_outcome(struct rows *rows)
{
    const char *code = rows_text(rows);

    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (strcmp(outcome_code((enum outcome)i), code) == 0)
            return (enum outcome)i;
    }
    rows->unreadable = true;
    return OUTCOME_NOT_SEEN;
}

static int add_fragile_servers(struct building *building, struct day_fragile *fragile)
{
    struct rows rows = day_ask(building, "SELECT server, name, outcome, since_ns, max(last_ns) "
                                         "FROM delegations WHERE zone = :zone GROUP BY server "
                                         "HAVING outcome <> 'answer' OR :working "
                                         "ORDER BY outcome = 'answer', server LIMIT :limit");
    int status;

    rows_set_integer(&rows, ":working",
                     fragile->kind == FRAGILE_ONE_WORKING || fragile->kind == FRAGILE_ONE_LISTED);

    rows_set_text(&rows, ":zone", fragile->zone);
    rows_set_integer(&rows, ":limit", SERVERS_MAX);
    while ((status = rows_next(&rows, building->error)) == 1) {
        struct day_fragile_server *server =
            DAY_ADD(building, fragile->servers, fragile->server_count);

        if (server == NULL) {
            status = -1;
            break;
        }
        server->address = day_take_text(building, &rows);
        server->name = day_take_text(building, &rows);
        server->outcome = take_outcome(&rows);
        server->works = server->outcome == OUTCOME_ANSWER;
        server->since_ns = rows_time(&rows, DAY_NOT_KNOWN);
        server->seen_ns = rows_time(&rows, DAY_NOT_KNOWN);
    }
    rows_end(&rows);
    return status;
}

/* The latest word on each server counts, and of whom there is none is neither failing nor working.
 * An address that answered too little to be of use is silent. The numbers of the kinds are those of
 * the enum. */
static int find_fragile(struct building *building)
{
    struct day *day = building->day;
    struct rows rows = day_ask(
        building,
        "WITH latest AS (SELECT sensor, zone, server, nameservers, listed, outcome, "
        "max(last_ns) FROM delegations GROUP BY zone, server), "
        "zones AS (SELECT sensor, zone, max(nameservers) AS nameservers, "
        "max(listed) AS listed, sum(outcome <> 'answer') AS failing, "
        "sum(outcome = 'answer') AS working, sum(outcome NOT IN ('answer', 'timeout', "
        "'edns-dropped') AND outcome NOT LIKE 'icmp-%' AND outcome NOT LIKE 'wrong-%') AS lame "
        "FROM latest GROUP BY zone), "
        "judged AS (SELECT *, CASE WHEN failing > 0 AND failing >= listed THEN 0 "
        "WHEN failing > 0 AND working = 1 AND failing + 1 = listed THEN 1 "
        "WHEN nameservers = 1 THEN 2 WHEN lame > 0 THEN 3 WHEN failing > 0 THEN 4 "
        "END AS kind FROM zones) "
        "SELECT sensor, zone, nameservers, listed, failing, working, kind FROM judged "
        "WHERE kind IS NOT NULL ORDER BY kind, zone");
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        struct day_fragile *fragile;

        day->fragile_total++;
        if (day->fragile_count >= FORECASTS_MAX)
            continue;
        fragile = DAY_ADD(building, day->fragile, day->fragile_count);
        if (fragile == NULL) {
            status = -1;
            break;
        }
        fragile->sensor = rows_count(&rows);
        fragile->zone = day_take_text(building, &rows);
        fragile->nameservers = (unsigned)rows_count(&rows);
        fragile->listed = (unsigned)rows_count(&rows);
        fragile->failing = (unsigned)rows_count(&rows);
        fragile->working = (unsigned)rows_count(&rows);
        fragile->kind = (enum day_fragile_kind)rows_count(&rows);
        if (add_fragile_servers(building, fragile) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    return status;
}

int day_fill_forecast(struct building *building)
{
    return find_expiring(building) < 0 ? -1 : find_fragile(building);
}
