#include "report/fleet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/exchange.h"
#include "report/fleet_load.h"
#include "report/fleet_private.h"
#include "report/fleet_schema.h"

/* A database each. */
#define FLEET_SENSORS_MAX 10000

static int take_name(void *context, const struct fleet_field *fields, size_t count,
                     struct error *error)
{
    struct fleet *fleet = context;
    char **names;

    if (count != 1 || fields[0].bytes == NULL || fleet->count == FLEET_SENSORS_MAX)
        return error_set(error, "the server does not answer what it was asked");
    names = realloc(fleet->names, (fleet->count + 1) * sizeof(*names));
    if (names == NULL)
        return error_set(error, "out of memory");
    fleet->names = names;
    names[fleet->count] = strndup(fields[0].bytes, fields[0].size);
    if (names[fleet->count] == NULL)
        return error_set(error, "out of memory");
    fleet->count++;
    return 0;
}

static int find_names(struct fleet *fleet, struct error *error)
{
    const struct fleet_value values[] = {{"sensors", fleet->sensors}};
    char *sql = fleet_fill_in("SELECT DISTINCT sensor FROM sources FINAL "
                              "WHERE NOT removed AND {sensors} ORDER BY sensor",
                              values, 1);
    const char *result;
    size_t size;
    int status = -1;

    if (sql == NULL)
        return error_set(error, "out of memory");
    result = clickhouse_ask(fleet->server, sql, &size, error);
    if (result != NULL)
        status = fleet_load_rows(result, size, take_name, fleet, error);
    free(sql);
    if (status == 0 && fleet->count == 0)
        return error_set(error, "%s: there is nothing of %s", clickhouse_name(fleet->server),
                         strcmp(fleet->sensors, "1") == 0 ? "any sensor" : "these sensors");
    return status;
}

static int make_databases(struct fleet *fleet, struct error *error)
{
    fleet->databases = calloc(fleet->count, sizeof(*fleet->databases));
    if (fleet->databases == NULL)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < fleet->count; i++) {
        fleet->databases[i] = database_new(clickhouse_name(fleet->server), fleet->names[i], error);
        if (fleet->databases[i] == NULL)
            return -1;
    }
    return 0;
}

struct fleet *fleet_open(struct clickhouse *server, char *const *sensors, size_t count,
                         struct error *error)
{
    struct fleet *fleet = calloc(1, sizeof(*fleet));
    char created[32];

    if (fleet == NULL) {
        error_set(error, "out of memory");
        return NULL;
    }
    fleet->server = server;
    fleet->sensors = fleet_condition_on_texts("sensor", sensors, count);
    if (fleet->sensors == NULL)
        error_set(error, "out of memory");
    else if (fleet_schema_check(server, created, error) == 0 && find_names(fleet, error) == 0 &&
             make_databases(fleet, error) == 0)
        return fleet;
    fleet_close(fleet);
    return NULL;
}

void fleet_close(struct fleet *fleet)
{
    if (fleet == NULL)
        return;
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->databases != NULL)
            database_close(fleet->databases[i]);
        free(fleet->names[i]);
    }
    free(fleet->databases);
    free(fleet->names);
    free(fleet->sensors);
    free(fleet);
}

size_t fleet_count(const struct fleet *fleet)
{
    return fleet->count;
}

struct database **fleet_databases(struct fleet *fleet)
{
    return fleet->databases;
}

const char *fleet_server(const struct fleet *fleet)
{
    return clickhouse_name(fleet->server);
}

int fleet_extent(struct fleet *fleet, int64_t *first_ns, int64_t *last_ns, struct error *error)
{
    const struct fleet_value values[] = {{"sensors", fleet->sensors}};
    char *sql = fleet_fill_in(
        "SELECT min(first), max(last) FROM ("
        "SELECT min(first_time_ns) AS first, max(last_time_ns) AS last FROM sources FINAL "
        "WHERE NOT removed AND {sensors} AND isNotNull(first_time_ns) HAVING count() > 0 "
        "UNION ALL SELECT toNullable(min(minute_ns)), toNullable(max(minute_ns)) FROM health "
        "WHERE NOT removed AND {sensors} HAVING count() > 0 "
        "UNION ALL SELECT toNullable(min(minute_ns)), toNullable(max(minute_ns)) FROM servfails "
        "WHERE NOT removed AND {sensors} HAVING count() > 0)",
        values, 1);
    const char *result;

    if (sql == NULL)
        return error_set(error, "out of memory");
    result = clickhouse_ask(fleet->server, sql, NULL, error);
    free(sql);
    if (result == NULL)
        return -1;
    if (sscanf(result, "%" SCNd64 "\t%" SCNd64, first_ns, last_ns) != 2) {
        *first_ns = INT64_MAX;
        *last_ns = INT64_MIN;
    }
    return 0;
}

/* Of the minutes of a span: a number; 0 where there is nothing. */
static int ask_minutes(struct fleet *fleet, const char *select, const struct fleet_wish *wish,
                       int64_t *answer, struct error *error)
{
    struct fleet_values values;
    const char *result = NULL;
    char *sql;

    if (fleet_values_init(&values, fleet, wish, &fleet_all_time, error) < 0) {
        fleet_values_clear(&values);
        return -1;
    }
    sql = fleet_fill_in(select, values.list, values.count);
    if (sql == NULL)
        error_set(error, "out of memory");
    else
        result = clickhouse_ask(fleet->server, sql, NULL, error);
    free(sql);
    fleet_values_clear(&values);
    if (result == NULL)
        return -1;
    if (sscanf(result, "%" SCNd64, answer) != 1)
        *answer = 0;
    return 0;
}

#define STILL_COMES_NS (60 * MINUTE_NS)

int fleet_counted(struct fleet *fleet, const struct fleet_wish *wish, int64_t now_ns,
                  int64_t *until_ns, int64_t *since, struct error *error)
{
    struct fleet_wish recent = *wish;
    int64_t last_ns;

    *since = 0;
    if (wish->span.to_ns <= now_ns - STILL_COMES_NS)
        return 0;
    recent.span.from_ns -= recent.span.from_ns % MINUTE_NS;
    if (recent.span.from_ns < now_ns - STILL_COMES_NS)
        recent.span.from_ns = now_ns - STILL_COMES_NS;
    if (ask_minutes(fleet,
                    "SELECT max(minute_ns) FROM minutes FINAL WHERE NOT removed AND {sensors} AND "
                    "is_resolver = 1 AND minute_ns >= {from} AND minute_ns < {to}",
                    &recent, &last_ns, error) < 0)
        return -1;
    /* Silence that is longer is no delay. */
    if (last_ns < recent.span.from_ns)
        return 0;
    recent.span.from_ns = *until_ns = last_ns + MINUTE_NS;
    return ask_minutes(fleet,
                       "SELECT sum(incidents) FROM servfails FINAL WHERE NOT removed AND {sensors} "
                       "AND {resolvers} AND minute_ns >= {from} AND minute_ns < {to}",
                       &recent, since, error);
}

int fleet_fetch(struct fleet *fleet, struct database *gathered, const struct fleet_wish *wish,
                struct error *error)
{
    struct fleet_values values;
    int status = fleet_values_init(&values, fleet, wish, &fleet_all_time, error);

    if (status == 0)
        status = fleet_empty(fleet, fleet_emptying, error);
    for (size_t i = 0; i < fleet_period_query_count && status == 0; i++) {
        const struct fleet_query *query = &fleet_period_queries[i];

        if ((int)wish->period >= query->periods)
            continue;
        if (query->daily)
            status = fleet_run_daily(fleet, query, wish, gathered, error);
        else if (query->slice != NULL)
            status = fleet_run_sql(fleet, query, fleet_unite(query, &values, &wish->span), gathered,
                                   wish->period, error);
        else
            status = fleet_run_query(fleet, query, values.list, values.count, gathered,
                                     wish->period, error);
    }
    fleet_values_clear(&values);
    return status;
}
