#include "store/server_rows.h"

#include <stdlib.h>
#include <string.h>

#include "store/private.h"
#include "store/waiting.h"

#define ROWS_MAX 2048

struct server_row {
    int64_t outage;
    char address[ADDRESS_TEXT_SIZE];
    struct name name;
};

struct server_rows {
    size_t count;
    struct server_row rows[ROWS_MAX];
    const struct server_row *sorted[ROWS_MAX];
};

struct server_rows *server_rows_new(void)
{
    return calloc(1, sizeof(struct server_rows));
}

void server_rows_free(struct server_rows *rows)
{
    free(rows);
}

void server_rows_forget(struct server_rows *rows)
{
    rows->count = 0;
}

int server_rows_add(struct store *store, uint64_t outage, const struct blamed_server *server,
                    struct error *error)
{
    struct server_rows *rows = store->servers;
    struct server_row *row;

    if (rows->count == ROWS_MAX && server_rows_flush(store, error) < 0)
        return -1;
    row = &rows->rows[rows->count++];
    row->outage = (int64_t)outage;
    address_to_text(&server->address, row->address);
    row->name = server->name;
    return 0;
}

/* As SQLite orders the primary key, and then as they came. */
static int compare(const void *left, const void *right)
{
    const struct server_row *a = *(const struct server_row *const *)left;
    const struct server_row *b = *(const struct server_row *const *)right;
    int order;

    if (a->outage != b->outage)
        return a->outage < b->outage ? -1 : 1;
    order = strcmp(a->address, b->address);
    return order != 0 ? order : (a > b) - (a < b);
}

int server_rows_flush(struct store *store, struct error *error)
{
    struct server_rows *rows = store->servers;
    struct statement statement;

    if (rows->count == 0)
        return 0;
    for (size_t i = 0; i < rows->count; i++)
        rows->sorted[i] = &rows->rows[i];
    qsort(rows->sorted, rows->count, sizeof(rows->sorted[0]), compare);
    statement = store_statement(store, SQL_ADD_OUTAGE_SERVERS);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    rows->count = 0;
    return 0;
}

static size_t count_rows(const void *context)
{
    return ((const struct server_rows *)context)->count;
}

static void give_name(const struct name *name, sqlite3_context *result)
{
    char text[NAME_TEXT_SIZE];

    if (name->size_bytes == 0)
        return; /* NULL */
    name_to_text(name->bytes, name->size_bytes, text);
    sqlite3_result_text(result, text, -1, SQLITE_TRANSIENT);
}

static void give(const void *context, size_t at, int column, sqlite3_context *result)
{
    const struct server_row *row = ((const struct server_rows *)context)->sorted[at];

    if (column == 0)
        sqlite3_result_int64(result, row->outage);
    else if (column == 1)
        sqlite3_result_text(result, row->address, -1, SQLITE_STATIC);
    else
        give_name(&row->name, result);
}

int server_rows_show(const struct server_rows *rows, sqlite3 *database)
{
    static const struct waiting_kind kind = {
        .name = "waiting_servers",
        .declaration = "CREATE TABLE waiting (" WAITING_SERVERS ")",
        .count = count_rows,
        .give = give,
    };

    return waiting_show(database, &kind, rows);
}
