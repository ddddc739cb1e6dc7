#include "report/fleet_claim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/fleet_load.h"
#include "report/fleet_private.h"
#include "report/row_binary.h"
#include "report/safe.h"

#define HOST_SIZE 256

/* Who has claimed it so far. */
struct holder {
    bool found;
    uint64_t database, revision;
    char since[32];
    char host[SAFE_TEXT_SIZE(HOST_SIZE)];
};

static int take_holder(void *context, const struct fleet_field *fields, size_t count,
                       struct error *error)
{
    struct holder *holder = context;

    for (size_t i = 0; i < count; i++)
        if (count != 4 || fields[i].bytes == NULL)
            return error_set(error, "the server does not answer what it was asked");
    holder->found = true;
    holder->database = strtoull(fields[0].bytes, NULL, 10);
    holder->revision = strtoull(fields[1].bytes, NULL, 10);
    safe_text(fields[2].bytes, fields[2].size, holder->since, sizeof(holder->since));
    safe_text(fields[3].bytes, fields[3].size, holder->host, sizeof(holder->host));
    return 0;
}

static int find_holder(struct clickhouse *clickhouse, const char *sensor, struct holder *holder,
                       struct error *error)
{
    char *name = (char *)(uintptr_t)sensor;
    char *condition = fleet_condition_on_texts("sensor", &name, 1), *sql = NULL;
    const char *result;
    size_t size = 0;
    int status = -1;

    *holder = (struct holder){.found = false};
    if (condition == NULL || asprintf(&sql,
                                      "SELECT database, revision, claimed, host FROM sensors FINAL "
                                      "WHERE NOT removed AND %s FORMAT TabSeparated",
                                      condition) < 0) {
        sql = NULL;
        error_set(error, "out of memory");
    } else if ((result = clickhouse_ask(clickhouse, sql, &size, error)) != NULL) {
        status = fleet_load_rows(result, size, take_holder, holder, error);
    }
    free(condition);
    free(sql);
    return status;
}

/* A clock that is behind the holder's must not keep a claim from being the latest. */
static int insert_claim(struct clickhouse *clickhouse, const struct fleet_claim *claim,
                        const struct holder *holder, struct error *error)
{
    uint64_t revision = (uint64_t)(claim->now_ns / 1000000);
    struct row_binary row = {0};
    int status;

    if (holder->found && revision <= holder->revision)
        revision = holder->revision + 1;
    row_binary_string(&row, claim->sensor, strlen(claim->sensor));
    row_binary_integer(&row, revision, 8);
    row_binary_integer(&row, 0, 1);
    row_binary_integer(&row, claim->database, 8);
    row_binary_string(&row, claim->host, strnlen(claim->host, HOST_SIZE));
    status = row.failed
                 ? error_set(error, "out of memory")
                 : clickhouse_insert(
                       clickhouse,
                       "sensors (sensor, revision, removed, database, host) FORMAT RowBinary",
                       row.bytes, row.size, error);
    row_binary_clear(&row);
    return status;
}

int fleet_claim(struct clickhouse *clickhouse, const struct fleet_claim *claim, struct error *error)
{
    char name[SAFE_TEXT_SIZE(HOST_SIZE)];
    struct holder holder;

    if (find_holder(clickhouse, claim->sensor, &holder, error) < 0)
        return -1;
    if (!holder.found || (holder.database != claim->database && claim->take_over)) {
        /* Another one may claim it at the same moment: one claim is the latest. */
        if (insert_claim(clickhouse, claim, &holder, error) < 0 ||
            find_holder(clickhouse, claim->sensor, &holder, error) < 0)
            return -1;
    }
    if (holder.found && holder.database == claim->database)
        return 0;
    error_set(error,
              "%s: sensor '%s' is shipped from another database there, of host %s, since %s: name "
              "this one otherwise ('sensor' of watch), or ship it with --take-over if it takes the "
              "other's place",
              clickhouse_name(clickhouse),
              safe_text(claim->sensor, strlen(claim->sensor), name, sizeof(name)), holder.host,
              holder.since);
    return -2;
}
