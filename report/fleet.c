#include "report/fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/fleet_load.h"
#include "report/fleet_queries.h"
#include "report/fleet_schema.h"
#include "report/gather.h"
#include "report/rows.h"

#define NUMBERS_MAX 20
#define DAY_NS      (24 * 60 * 60 * INT64_C(1000000000))
#define HOUR_NS     (60 * 60 * INT64_C(1000000000))
/* Spans of more days are sliced coarser, and where a query of all slices gets longer than a server
 * reads of one (its max_query_size is 256 KiB). */
#define SLICES_MAX     32
#define QUERY_SIZE_MAX (200 << 10)

struct fleet {
    struct clickhouse *server;
    struct database **databases;
    char **names;
    size_t count;
    char *sensors; /* the condition that chooses them */
};

/* Lists for SQL: 'a', 'it\'s' */
static void write_octets(FILE *output, const char *text, size_t size)
{
    putc('\'', output);
    for (const char *end = text + size; text < end; text++) {
        if (*text == '\'' || *text == '\\')
            putc('\\', output);
        putc(*text, output);
    }
    putc('\'', output);
}

static void write_text(FILE *output, const char *text)
{
    write_octets(output, text, strlen(text));
}

static char *condition_on_texts(const char *column, char *const *texts, size_t count)
{
    size_t size = 0;
    char *condition = NULL;
    FILE *output = open_memstream(&condition, &size);

    if (output == NULL)
        return NULL;
    fprintf(output, count == 0 ? "1" : "%s IN (", column);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", output);
        write_text(output, texts[i]);
    }
    fputs(count == 0 ? "" : ")", output);
    if (fclose(output) == EOF) {
        free(condition);
        return NULL;
    }
    return condition;
}

static char *condition_on_addresses(const char *column, const struct address *addresses,
                                    size_t count)
{
    size_t size = 0;
    char *condition = NULL, text[ADDRESS_TEXT_SIZE];
    FILE *output = open_memstream(&condition, &size);

    if (output == NULL)
        return NULL;
    fprintf(output, count == 0 ? "1" : "%s IN (", column);
    for (size_t i = 0; i < count; i++)
        fprintf(output, "%s'%s'", i > 0 ? ", " : "", address_to_text(&addresses[i], text));
    fputs(count == 0 ? "" : ")", output);
    if (fclose(output) == EOF) {
        free(condition);
        return NULL;
    }
    return condition;
}

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
    int status = SQLITE_OK, first = 1;

    if (*statement == NULL)
        status = sqlite3_prepare_v2(into->handle, query->insert, -1, statement, NULL);
    if (status == SQLITE_OK && query->gathered) {
        sqlite3_bind_int64(*statement, 1, (int64_t)arrival->sensor);
        sqlite3_bind_int64(*statement, 2, arrival->period);
        first = 3;
    }
    if (status == SQLITE_OK)
        status = fleet_load_bind(*statement, first, fields, count, query->blobs);
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

/* Asks, and puts what comes where it belongs. `sql` is freed. */
static int run_sql(struct fleet *fleet, const struct fleet_query *query, char *sql,
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

static int run_query(struct fleet *fleet, const struct fleet_query *query,
                     const struct fleet_value *values, size_t count, struct database *gathered,
                     enum day_period period, struct error *error)
{
    return run_sql(fleet, query, fleet_fill_in(query->select, values, count), gathered, period,
                   error);
}

static int take_name(void *context, const struct fleet_field *fields, size_t count,
                     struct error *error)
{
    struct fleet *fleet = context;
    char **names = realloc(fleet->names, (fleet->count + 1) * sizeof(*names));

    (void)count;
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
    fleet->sensors = condition_on_texts("sensor", sensors, count);
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

/* Numbers as texts, and what stands for what in the queries. */
struct values {
    struct fleet_value list[40];
    size_t count;
    char numbers[NUMBERS_MAX][24];
    size_t number_count;
    char *resolvers, *asked;
    char uncounted[256];
};

static void add_text(struct values *values, const char *name, const char *text)
{
    values->list[values->count++] = (struct fleet_value){name, text};
}

static void add_number(struct values *values, const char *name, int64_t number)
{
    char *text = values->numbers[values->number_count++];

    snprintf(text, sizeof(values->numbers[0]), "%" PRId64, number);
    add_text(values, name, text);
}

static int64_t clamp(int64_t time_ns, const struct day_span *slice)
{
    return time_ns < slice->from_ns ? slice->from_ns
           : time_ns > slice->to_ns ? slice->to_ns
                                    : time_ns;
}

static bool consists_of_hours(const struct fleet_wish *wish)
{
    return wish->span.from_ns % HOUR_NS == 0 && wish->span.to_ns % HOUR_NS == 0;
}

static const struct day_span all_time = {.from_ns = INT64_MIN, .to_ns = INT64_MAX};

/* Of what lies in the slice. */
static int values_init(struct values *values, const struct fleet *fleet,
                       const struct fleet_wish *wish, const struct day_span *slice,
                       struct error *error)
{
    const struct gather_bounds bounds = gather_bounds(&wish->span);
    /* Sums of hours are enough where nothing smaller is asked for. */
    bool hours = consists_of_hours(wish), hourly = hours && wish->grain_ns % HOUR_NS == 0;

    *values = (struct values){.count = 0};
    values->resolvers = condition_on_addresses("resolver", wish->resolvers, wish->resolver_count);
    values->asked = condition_on_addresses("server", wish->resolvers, wish->resolver_count);
    if (values->resolvers == NULL || values->asked == NULL)
        return error_set(error, "out of memory");
    add_text(values, "sensors", fleet->sensors);
    add_text(values, "resolvers", values->resolvers);
    add_text(values, "asked", values->asked);
    add_text(values, "minutes", hourly ? "minutes_hourly" : "minutes");
    add_text(values, "quarters", hours ? "minutes_hourly" : "minutes");
    add_text(values, "quarter", hours ? "hour_ns" : "minute_ns");
    add_text(values, "servfails", hourly ? "servfails_hourly" : "servfails");
    add_text(values, "minute", hourly ? "hour_ns" : "minute_ns");
    /* Where outages are counted by rows, all rows have to come. */
    snprintf(values->uncounted, sizeof(values->uncounted),
             wish->resolver_count > 0 ? "1" : "(time_ns < %" PRId64 " OR time_ns >= %" PRId64 ")",
             bounds.inner_from_ns, bounds.inner_to_ns);
    add_text(values, "uncounted", values->uncounted);
    add_number(values, "from", clamp(wish->span.from_ns, slice));
    add_number(values, "to", clamp(wish->span.to_ns, slice));
    add_number(values, "from_minute", clamp(bounds.from_minute_ns, slice));
    add_number(values, "inner_from", clamp(bounds.inner_from_ns, slice));
    add_number(values, "inner_to", clamp(bounds.inner_to_ns, slice));
    add_number(values, "outer_from", clamp(bounds.outer_from_ns, slice));
    add_number(values, "outer_to", clamp(bounds.outer_to_ns, slice));
    add_number(values, "span_inner_from", bounds.inner_from_ns);
    add_number(values, "span_outer_from", bounds.outer_from_ns);
    add_number(values, "recently", bounds.recently_ns);
    add_number(values, "grain", wish->grain_ns > 0 ? wish->grain_ns : INT64_MAX);
    add_number(values, "tops", (int64_t)wish->tops_max);
    return 0;
}

static void values_clear(struct values *values)
{
    free(values->resolvers);
    free(values->asked);
}

static int empty(struct fleet *fleet, const char *sql, struct error *error)
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
    int64_t width_ns = days * DAY_NS, rest_ns = from_ns % width_ns;

    from_ns -= rest_ns < 0 ? rest_ns + width_ns : rest_ns;
    return (struct day_span){.from_ns = from_ns, .to_ns = from_ns + width_ns};
}

static int64_t days_of_slice(const struct day_span *whole)
{
    return 1 + (whole->to_ns - whole->from_ns) / (SLICES_MAX * DAY_NS);
}

/* One query a slice. */
static int run_daily(struct fleet *fleet, const struct fleet_query *query,
                     const struct fleet_wish *wish, struct database *gathered, struct error *error)
{
    const struct gather_bounds bounds = gather_bounds(&wish->span);
    const struct day_span whole = {.from_ns = bounds.outer_from_ns, .to_ns = bounds.outer_to_ns};
    struct day_span slice = slice_at(whole.from_ns, days_of_slice(&whole));
    int status = 0;

    while (slice.from_ns < whole.to_ns && status == 0) {
        struct values values;

        status = values_init(&values, fleet, wish, &slice, error);
        if (status == 0)
            status =
                run_query(fleet, query, values.list, values.count, gathered, wish->period, error);
        values_clear(&values);
        slice = slice_at(slice.to_ns, days_of_slice(&whole));
    }
    return status;
}

/* One query of all slices, each of `days`; `values` are the whole's. NULL: out of memory. */
static char *unite_slices(const char *sql, struct values *values, const struct day_span *whole,
                          int64_t days)
{
    size_t size = 0, count = values->count, number_count = values->number_count;
    struct day_span slice = slice_at(whole->from_ns, days);
    char *text = NULL;
    FILE *output = open_memstream(&text, &size);
    bool failed = output == NULL;

    for (; !failed && slice.from_ns < whole->to_ns; slice = slice_at(slice.to_ns, days)) {
        char *part;

        add_number(values, "slice_from", clamp(slice.from_ns, whole));
        add_number(values, "slice_to", clamp(slice.to_ns, whole));
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

/* A query with its slices, to be freed; NULL: out of memory. */
static char *unite(const struct fleet_query *query, struct values *values,
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
        add_text(values, "slices", slices);
        united = fleet_fill_in(query->select, values->list, values->count);
        values->count = count;
        free(slices);
        fits = united == NULL || strlen(united) < QUERY_SIZE_MAX ||
               days * DAY_NS > whole->to_ns - whole->from_ns;
        days *= 2;
    }
    return united;
}

int fleet_fetch(struct fleet *fleet, struct database *gathered, const struct fleet_wish *wish,
                struct error *error)
{
    struct values values;
    int status = values_init(&values, fleet, wish, &all_time, error);

    if (status == 0)
        status = empty(fleet, fleet_emptying, error);
    for (size_t i = 0; i < fleet_period_query_count && status == 0; i++) {
        const struct fleet_query *query = &fleet_period_queries[i];

        if ((int)wish->period >= query->periods)
            continue;
        if (query->daily)
            status = run_daily(fleet, query, wish, gathered, error);
        else if (query->slice != NULL)
            status = run_sql(fleet, query, unite(query, &values, &wish->span), gathered,
                             wish->period, error);
        else
            status =
                run_query(fleet, query, values.list, values.count, gathered, wish->period, error);
    }
    values_clear(&values);
    return status;
}

/* ('ams', 1), ('fra', 2) */
static char *list_outages(const struct fleet *fleet, const struct fleet_outage *outages,
                          size_t count)
{
    size_t size = 0;
    char *list = NULL;
    FILE *output = open_memstream(&list, &size);

    if (output == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", (" : "(", output);
        write_text(output, fleet->names[outages[i].sensor]);
        fprintf(output, ", %" PRIu64 ")", outages[i].identity);
    }
    if (fclose(output) == EOF) {
        free(list);
        return NULL;
    }
    return list;
}

/* The origins that the databases' incidents lack, likewise. */
static char *list_origins(struct fleet *fleet, struct error *error)
{
    size_t size = 0;
    char *list = NULL;
    FILE *output = open_memstream(&list, &size);
    const char *joint = "";
    int status = 0;

    if (output == NULL) {
        error_set(error, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < fleet->count && status == 0; i++) {
        struct rows rows = rows_query(fleet->databases[i],
                                      "SELECT DISTINCT origin FROM incidents i "
                                      "WHERE origin IS NOT NULL AND NOT EXISTS "
                                      "(SELECT 1 FROM incidents o WHERE o.identity = i.origin)");

        while ((status = rows_next(&rows, error)) == 1) {
            fprintf(output, "%s(", joint);
            write_text(output, fleet->names[i]);
            fprintf(output, ", %" PRIu64 ")", rows_count(&rows));
            joint = ", ";
        }
        rows_end(&rows);
    }
    if (fclose(output) == EOF || status < 0) {
        free(list);
        return NULL;
    }
    return list;
}

/* The condition that chooses incidents by their days and by all of their key. */
struct choice {
    FILE *times, *keys;
    size_t count;
};

static int take_choice(void *context, const struct fleet_field *fields, size_t count,
                       struct error *error)
{
    struct choice *choice = context;
    const char *joint = choice->count++ == 0 ? "" : ", ";

    if (count < 3)
        return error_set(error, "the server does not answer what it was asked");
    fprintf(choice->times, "%s%.*s", joint, (int)fields[2].size, fields[2].bytes);
    fprintf(choice->keys, "%s(", joint);
    write_octets(choice->keys, fields[0].bytes, fields[0].size);
    fprintf(choice->keys, ", intDiv(%.*s, 1000), %.*s)", (int)fields[2].size, fields[2].bytes,
            (int)fields[1].size, fields[1].bytes);
    return 0;
}

/* Asks where incidents are. NULL: `error` says why; "" where there are none. */
static char *choose(struct fleet *fleet, const char *sql, struct error *error)
{
    char *times = NULL, *keys = NULL, *which = NULL;
    size_t times_size = 0, keys_size = 0, size = 0;
    struct choice choice = {.times = open_memstream(&times, &times_size),
                            .keys = open_memstream(&keys, &keys_size)};
    const char *result = NULL;
    bool failed = choice.times == NULL || choice.keys == NULL; /* for want of memory */
    int status = -1;

    if (!failed && (result = clickhouse_ask(fleet->server, sql, &size, error)) != NULL)
        status = fleet_load_rows(result, size, take_choice, &choice, error);
    failed |= choice.times != NULL && fclose(choice.times) == EOF;
    failed |= choice.keys != NULL && fclose(choice.keys) == EOF;
    if (status == 0 && !failed && choice.count == 0)
        which = strdup("");
    else if (status == 0 && !failed &&
             asprintf(&which,
                      "time_ns IN (%s) AND (sensor, intDiv(time_ns, 1000), identity) IN (%s)",
                      times, keys) < 0)
        which = NULL;
    if (which == NULL && (status == 0 || failed))
        error_set(error, "out of memory");
    free(times);
    free(keys);
    return which;
}

static int run_all(struct fleet *fleet, const struct fleet_query *queries, size_t count,
                   const struct values *values, struct error *error)
{
    int status = 0;

    for (size_t i = 0; i < count && status == 0; i++)
        status =
            run_query(fleet, &queries[i], values->list, values->count, NULL, PERIOD_NOW, error);
    return status;
}

/* The incidents that `sql` chooses, and what belongs to them where their stories are told. */
static int fetch_incidents(struct fleet *fleet, struct values *values, const char *sql,
                           bool with_parts, struct error *error)
{
    size_t count = values->count;
    char *which = sql == NULL ? NULL : choose(fleet, sql, error);
    int status = which == NULL ? -1 : 0;

    if (status == 0 && which[0] != '\0') {
        add_text(values, "which", which);
        status = run_all(fleet, fleet_incident_queries, fleet_incident_query_count, values, error);
        if (status == 0 && with_parts)
            status = run_all(fleet, fleet_part_queries, fleet_part_query_count, values, error);
    }
    values->count = count;
    free(which);
    return status;
}

static int fetch_named(struct fleet *fleet, struct values *values, const char *named,
                       bool with_parts, struct error *error)
{
    size_t count = values->count;
    char *sql;
    int status;

    add_text(values, "named", named);
    sql = fleet_fill_in(fleet_named_query.select, values->list, values->count);
    status = sql == NULL ? error_set(error, "out of memory")
                         : fetch_incidents(fleet, values, sql, with_parts, error);
    values->count = count;
    free(sql);
    return status;
}

/* Stories tell whether the failure that is remembered is kept. */
static int fetch_origins(struct fleet *fleet, struct values *values, struct error *error)
{
    char *origins = list_origins(fleet, error);
    char *named = NULL;
    int status = origins == NULL ? -1 : 0;

    if (status == 0 && origins[0] != '\0') {
        status = asprintf(&named, "(sensor, identity) IN (%s)", origins) < 0
                     ? error_set(error, "out of memory")
                     : fetch_named(fleet, values, named, false, error);
        free(named);
    }
    free(origins);
    return status;
}

static int load_sources(struct fleet *fleet, struct error *error)
{
    for (size_t i = 0; i < fleet->count; i++) {
        if (database_load_sources(fleet->databases[i], error) < 0)
            return -1;
    }
    return 0;
}

int fleet_fetch_examples(struct fleet *fleet, const struct fleet_wish *wish,
                         const struct fleet_outage *outages, size_t count, int64_t first_ns,
                         struct error *error)
{
    /* A failure that is remembered is not older than that. */
    const struct day_span past = {.from_ns = first_ns - DAY_NS, .to_ns = wish->span.to_ns};
    struct values values;
    char *list = NULL, *sql = NULL;
    int status = values_init(&values, fleet, wish, &all_time, error);

    if (status == 0)
        status = empty(fleet, "DELETE FROM sources; DELETE FROM incidents", error);
    if (status == 0 && count > 0) {
        add_number(&values, "first", past.from_ns);
        list = list_outages(fleet, outages, count);
        if (list != NULL)
            add_text(&values, "outages", list);
        sql = list == NULL ? NULL : unite(&fleet_outages_query, &values, &past);
        status = sql == NULL ? error_set(error, "out of memory")
                             : fetch_incidents(fleet, &values, sql, true, error);
        if (status == 0)
            status = fetch_origins(fleet, &values, error);
        if (status == 0)
            status = load_sources(fleet, error);
    }
    free(sql);
    free(list);
    values_clear(&values);
    return status;
}

int fleet_find(struct fleet *fleet, uint64_t identity, struct error *error)
{
    struct values values = {.count = 0};
    char named[64];
    int status;

    snprintf(named, sizeof(named), "identity = %" PRIu64, identity);
    add_text(&values, "sensors", fleet->sensors);
    add_number(&values, "first", 0);
    add_number(&values, "to", INT64_MAX);
    status = fetch_named(fleet, &values, named, true, error);
    if (status == 0)
        status = fetch_origins(fleet, &values, error);
    return status == 0 ? load_sources(fleet, error) : status;
}

int fleet_fetch_fared(struct fleet *fleet, const struct day_outage *outage, int64_t from_ns,
                      struct error *error)
{
    char *servers = NULL;
    char *texts[DAY_BLAMED_MAX];
    struct values values = {.count = 0};
    int status = empty(fleet, "DELETE FROM minutes", error);

    for (size_t i = 0; i < outage->server_count; i++)
        texts[i] = (char *)(uintptr_t)outage->servers[i].address;
    servers = condition_on_texts("server", texts, outage->server_count);
    if (servers == NULL)
        return error_set(error, "out of memory");
    add_text(&values, "sensors", fleet->sensors);
    add_text(&values, "servers", servers);
    add_number(&values, "first", from_ns);
    add_number(&values, "last", outage->last_time_ns);
    if (status == 0 && outage->server_count > 0)
        status = run_query(fleet, &fleet_fared_query, values.list, values.count, NULL, PERIOD_NOW,
                           error);
    free(servers);
    return status;
}
