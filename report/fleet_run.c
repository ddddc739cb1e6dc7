/* Asks a fleet's queries, whole or by slices of days, and puts what comes where it belongs. */
#include <stdlib.h>
#include <string.h>

#include "report/fleet_load.h"
#include "report/fleet_private.h"
#include "report/gather.h"

/* Spans of more days are sliced coarser, and where a query of all slices gets longer than a server
 * reads of one (its max_query_size is 256 KiB). */
#define SLICES_MAX     32
#define QUERY_SIZE_MAX (200 << 10)

/* Where a query's rows go to. */
struct arrival {
    struct fleet *fleet;
    const struct fleet_query *query;
    struct database *gathered; /* NULL: into the sensors' databases */
    enum day_period period;
    sqlite3_stmt **statements; /* a sensor, prepared when its first row comes */
    size_t sensor;             /* of the latest row */
};

static int find_sensor(struct arrival *arrival, const struct fleet_field *field)
{
    const struct fleet *fleet = arrival->fleet;

    for (size_t i = 0; i < fleet->count; i++) {
        size_t at = (arrival->sensor + i) % fleet->count; /* rows of one come together */

        if (strlen(fleet->names[at]) == field->size &&
            memcmp(fleet->names[at], field->bytes, field->size) == 0) {
            arrival->sensor = at;
            return 1;
        }
    }
    return 0;
}

static int put_row(struct arrival *arrival, struct database *into, sqlite3_stmt **statement,
                   const struct fleet_field *fields, size_t count, struct error *error)
{
    const struct fleet_query *query = arrival->query;
    int status = SQLITE_OK;
    size_t first = 1;

    if (*statement == NULL)
        status = sqlite3_prepare_v2(into->handle, query->insert, -1, statement, NULL);
    if (status == SQLITE_OK && query->gathered) {
        sqlite3_bind_int64(*statement, 1, (int64_t)arrival->sensor);
        sqlite3_bind_int64(*statement, 2, arrival->period);
        first = 3;
    }
    /* What is not bound would keep the value of the row before. */
    if (status == SQLITE_OK &&
        (size_t)sqlite3_bind_parameter_count(*statement) != first - 1 + count)
        return error_set(error, "%s: answers as no ClickHouse does",
                         clickhouse_name(arrival->fleet->server));
    if (status == SQLITE_OK)
        status = fleet_load_bind(*statement, (int)first, fields, count, query->blobs);
    if (status == SQLITE_OK)
        sqlite3_step(*statement);
    if (status != SQLITE_OK || sqlite3_reset(*statement) != SQLITE_OK)
        return error_set(error, "%s: %s", into->path, sqlite3_errmsg(into->handle));
    return 0;
}

/* The first field is the sensor's name; "" where the row is of all. */
static int take_row(void *context, const struct fleet_field *fields, size_t count,
                    struct error *error)
{
    struct arrival *arrival = context;
    struct database *into;

    if (fields[0].size > 0 && !find_sensor(arrival, &fields[0]))
        return 0; /* it came when the report had begun */
    into =
        arrival->gathered != NULL ? arrival->gathered : arrival->fleet->databases[arrival->sensor];
    return put_row(arrival, into,
                   &arrival->statements[arrival->gathered != NULL ? 0 : arrival->sensor],
                   fields + 1, count - 1, error);
}

int fleet_run_sql(struct fleet *fleet, const struct fleet_query *query, char *sql,
                  struct database *gathered, enum day_period period, struct error *error)
{
    struct arrival arrival = {.fleet = fleet,
                              .query = query,
                              .gathered = query->gathered ? gathered : NULL,
                              .period = period,
                              .statements = calloc(fleet->count + 1, sizeof(sqlite3_stmt *))};
    const char *result = NULL;
    size_t size = 0;
    int status = -1;

    if (arrival.statements == NULL || sql == NULL)
        error_set(error, "out of memory");
    else if ((result = clickhouse_ask(fleet->server, sql, &size, error)) != NULL)
        status = fleet_load_rows(result, size, take_row, &arrival, error);
    for (size_t i = 0; arrival.statements != NULL && i < fleet->count; i++)
        sqlite3_finalize(arrival.statements[i]);
    free(arrival.statements);
    free(sql);
    return status;
}

int fleet_run_query(struct fleet *fleet, const struct fleet_query *query,
                    const struct fleet_value *values, size_t count, struct database *gathered,
                    enum day_period period, struct error *error)
{
    return fleet_run_sql(fleet, query, fleet_fill_in(query->select, values, count), gathered,
                         period, error);
}

int fleet_empty(struct fleet *fleet, const char *sql, struct error *error)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct database *database = fleet->databases[i];

        if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
            return error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    }
    return 0;
}

/* Days of UTC, as the tables' partitions are, `days` of them a slice: the one at `from_ns`. */
static struct day_span slice_at(int64_t from_ns, int64_t days)
{
    int64_t width_ns = days * FLEET_DAY_NS, rest_ns = from_ns % width_ns;

    from_ns -= rest_ns < 0 ? rest_ns + width_ns : rest_ns;
    return (struct day_span){.from_ns = from_ns, .to_ns = from_ns + width_ns};
}

static int64_t days_of_slice(const struct day_span *whole)
{
    return 1 + (whole->to_ns - whole->from_ns) / (SLICES_MAX * FLEET_DAY_NS);
}

int fleet_run_daily(struct fleet *fleet, const struct fleet_query *query,
                    const struct fleet_wish *wish, struct database *gathered, struct error *error)
{
    const struct gather_bounds bounds = gather_bounds(&wish->span);
    const struct day_span whole = {.from_ns = bounds.outer_from_ns, .to_ns = bounds.outer_to_ns};
    struct day_span slice = slice_at(whole.from_ns, days_of_slice(&whole));
    int status = 0;

    while (slice.from_ns < whole.to_ns && status == 0) {
        struct fleet_values values;

        status = fleet_values_init(&values, fleet, wish, &slice, error);
        if (status == 0)
            status = fleet_run_query(fleet, query, values.list, values.count, gathered,
                                     wish->period, error);
        fleet_values_clear(&values);
        slice = slice_at(slice.to_ns, days_of_slice(&whole));
    }
    return status;
}

/* One query of all slices, each of `days`; `values` are the whole's. NULL: out of memory. */
static char *unite_slices(const char *sql, struct fleet_values *values,
                          const struct day_span *whole, int64_t days)
{
    size_t size = 0, count = values->count, number_count = values->number_count;
    struct day_span slice = slice_at(whole->from_ns, days);
    char *text = NULL;
    FILE *output = open_memstream(&text, &size);
    bool failed = output == NULL;

    for (; !failed && slice.from_ns < whole->to_ns; slice = slice_at(slice.to_ns, days)) {
        char *part;

        fleet_values_number(values, "slice_from", fleet_clamp(slice.from_ns, whole));
        fleet_values_number(values, "slice_to", fleet_clamp(slice.to_ns, whole));
        part = fleet_fill_in(sql, values->list, values->count);
        failed = part == NULL ||
                 fprintf(output, "%s%s", ftell(output) > 0 ? " UNION ALL " : "", part) < 0;
        free(part);
        values->count = count;
        values->number_count = number_count;
    }
    if (output != NULL && (fclose(output) == EOF || failed)) {
        free(text);
        return NULL;
    }
    return text;
}

char *fleet_unite(const struct fleet_query *query, struct fleet_values *values,
                  const struct day_span *whole)
{
    size_t count = values->count;
    char *united = NULL;
    int64_t days = days_of_slice(whole);
    bool fits = false;

    while (!fits) {
        char *slices = unite_slices(query->slice, values, whole, days);

        free(united);
        if (slices == NULL)
            return NULL;
        fleet_values_text(values, "slices", slices);
        united = fleet_fill_in(query->select, values->list, values->count);
        values->count = count;
        free(slices);
        fits = united == NULL || strlen(united) < QUERY_SIZE_MAX ||
               days * FLEET_DAY_NS > whole->to_ns - whole->from_ns;
        days *= 2;
    }
    return united;
}
