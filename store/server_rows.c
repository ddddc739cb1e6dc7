#include "store/server_rows.h"

#include <string.h>

#include "store/private.h"

#define ROWS_MAX 2048

struct server_row {
    int64_t outage;
    char address[ADDRESS_TEXT_SIZE];
    struct name name;
};

int server_rows_add(struct store *store, uint64_t outage, const struct blamed_server *server,
                    struct error *error)
{
    struct server_row *row = waiting_add(store->servers, store, error);

    if (row == NULL)
        return -1;
    row->outage = (int64_t)outage;
    address_to_text(&server->address, row->address);
    row->name = server->name;
    return 0;
}

/* Of one key, as they came. */
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

static void give_name(const struct name *name, sqlite3_context *result)
{
    char text[NAME_TEXT_SIZE];

    if (name->size_bytes == 0)
        return; /* NULL */
    name_to_text(name->bytes, name->size_bytes, text);
    sqlite3_result_text(result, text, -1, SQLITE_TRANSIENT);
}

static void give(const void *at, int column, sqlite3_context *result)
{
    const struct server_row *row = at;

    if (column == 0)
        sqlite3_result_int64(result, row->outage);
    else if (column == 1)
        sqlite3_result_text(result, row->address, -1, SQLITE_STATIC);
    else
        give_name(&row->name, result);
}

const struct waiting_kind server_rows = {
    .name = "waiting_servers",
    .columns = WAITING_SERVERS,
    .move = SQL_ADD_OUTAGE_SERVERS,
    .row_bytes = sizeof(struct server_row),
    .rows_max = ROWS_MAX,
    .compare = compare,
    .give = give,
};
