/* Of a fleet's incidents those that explain outages, or are named, with what belongs to them. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/fleet_load.h"
#include "report/fleet_private.h"
#include "report/rows.h"

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
        clickhouse_quote(output, fleet->names[outages[i].sensor],
                         strlen(fleet->names[outages[i].sensor]));
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
            clickhouse_quote(output, fleet->names[i], strlen(fleet->names[i]));
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

static bool is_number(const struct fleet_field *field)
{
    size_t sign = field->size > 0 && field->bytes[0] == '-';

    for (size_t i = sign; i < field->size; i++)
        if (!isdigit((unsigned char)field->bytes[i]))
            return false;
    return field->size > sign;
}

static int take_choice(void *context, const struct fleet_field *fields, size_t count,
                       struct error *error)
{
    struct choice *choice = context;
    const char *joint = choice->count++ == 0 ? "" : ", ";

    if (count != 3 || !is_number(&fields[1]) || !is_number(&fields[2]))
        return error_set(error, "the server does not answer what it was asked");
    fprintf(choice->times, "%s%.*s", joint, (int)fields[2].size, fields[2].bytes);
    fprintf(choice->keys, "%s(", joint);
    clickhouse_quote(choice->keys, fields[0].bytes, fields[0].size);
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
                   const struct fleet_values *values, struct error *error)
{
    int status = 0;

    for (size_t i = 0; i < count && status == 0; i++)
        status = fleet_run_query(fleet, &queries[i], values->list, values->count, NULL, PERIOD_NOW,
                                 error);
    return status;
}

/* The incidents that `sql` chooses, and what belongs to them where their stories are told. */
static int fetch_incidents(struct fleet *fleet, struct fleet_values *values, const char *sql,
                           bool with_parts, struct error *error)
{
    size_t count = values->count;
    char *which = sql == NULL ? NULL : choose(fleet, sql, error);
    int status = which == NULL ? -1 : 0;

    if (status == 0 && which[0] != '\0') {
        fleet_values_text(values, "which", which);
        status = run_all(fleet, fleet_incident_queries, fleet_incident_query_count, values, error);
        if (status == 0 && with_parts)
            status = run_all(fleet, fleet_part_queries, fleet_part_query_count, values, error);
    }
    values->count = count;
    free(which);
    return status;
}

static int fetch_named(struct fleet *fleet, struct fleet_values *values, const char *named,
                       bool with_parts, struct error *error)
{
    size_t count = values->count;
    char *sql;
    int status;

    fleet_values_text(values, "named", named);
    sql = fleet_fill_in(fleet_named_query.select, values->list, values->count);
    status = sql == NULL ? error_set(error, "out of memory")
                         : fetch_incidents(fleet, values, sql, with_parts, error);
    values->count = count;
    free(sql);
    return status;
}

/* Stories tell whether the failure that is remembered is kept. */
static int fetch_origins(struct fleet *fleet, struct fleet_values *values, struct error *error)
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
    const struct day_span past = {.from_ns = first_ns - FLEET_DAY_NS, .to_ns = wish->span.to_ns};
    struct fleet_values values;
    char *list = NULL, *sql = NULL;
    int status = fleet_values_init(&values, fleet, wish, &fleet_all_time, error);

    if (status == 0)
        status = fleet_empty(fleet, "DELETE FROM sources; DELETE FROM incidents", error);
    if (status == 0 && count > 0) {
        fleet_values_number(&values, "first", past.from_ns);
        list = list_outages(fleet, outages, count);
        if (list != NULL)
            fleet_values_text(&values, "outages", list);
        sql = list == NULL ? NULL : fleet_unite(&fleet_outages_query, &values, &past);
        status = sql == NULL ? error_set(error, "out of memory")
                             : fetch_incidents(fleet, &values, sql, true, error);
        if (status == 0)
            status = fetch_origins(fleet, &values, error);
        if (status == 0)
            status = load_sources(fleet, error);
    }
    free(sql);
    free(list);
    fleet_values_clear(&values);
    return status;
}

int fleet_find(struct fleet *fleet, uint64_t identity, struct error *error)
{
    struct fleet_values values = {.count = 0};
    char named[64];
    int status;

    snprintf(named, sizeof(named), "identity = %" PRIu64, identity);
    fleet_values_text(&values, "sensors", fleet->sensors);
    fleet_values_number(&values, "first", 0);
    fleet_values_number(&values, "to", INT64_MAX);
    status = fetch_named(fleet, &values, named, true, error);
    if (status == 0)
        status = fetch_origins(fleet, &values, error);
    return status == 0 ? load_sources(fleet, error) : status;
}

int fleet_fetch_fared(struct fleet *fleet, const struct day_outage *outage, int64_t from_ns,
                      struct error *error)
{
    char *servers = NULL;
    char *texts[DAY_BLAMED_MAX + 1], counted_together[] = "";
    struct fleet_values values = {.count = 0};
    int status = fleet_empty(fleet, "DELETE FROM minutes", error);

    for (size_t i = 0; i < outage->server_count; i++)
        texts[i] = (char *)(uintptr_t)outage->servers[i].address;
    texts[outage->server_count] = counted_together;
    servers = fleet_condition_on_texts("server", texts, outage->server_count + 1);
    if (servers == NULL)
        return error_set(error, "out of memory");
    fleet_values_text(&values, "sensors", fleet->sensors);
    fleet_values_text(&values, "servers", servers);
    fleet_values_number(&values, "first", from_ns);
    fleet_values_number(&values, "last", outage->last_time_ns);
    if (status == 0 && outage->server_count > 0)
        status = fleet_run_query(fleet, &fleet_fared_query, values.list, values.count, NULL,
                                 PERIOD_NOW, error);
    free(servers);
    return status;
}
