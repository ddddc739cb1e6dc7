#include "store/waiting.h"

#include <stdlib.h>

/* A virtual table (https://sqlite.org/vtab.html) that is read from its beginning to its end. */
struct waiting_table {
    sqlite3_vtab base;
    const struct waiting_kind *kind;
    const void *rows;
};

struct waiting_cursor {
    sqlite3_vtab_cursor base;
    const struct waiting_kind *kind;
    const void *rows;
    size_t at, count;
};

/* Of the module; SQLite frees it with the connection. */
struct shown {
    const struct waiting_kind *kind;
    const void *rows;
};

static int connect_table(sqlite3 *database, void *context, int count, const char *const *arguments,
                         sqlite3_vtab **vtab, char **error)
{
    const struct shown *shown = context;
    struct waiting_table *table;
    int status = sqlite3_declare_vtab(database, shown->kind->declaration);

    (void)count;
    (void)arguments;
    (void)error;
    if (status != SQLITE_OK)
        return status;
    table = sqlite3_malloc(sizeof(*table));
    if (table == NULL)
        return SQLITE_NOMEM;
    *table = (struct waiting_table){.kind = shown->kind, .rows = shown->rows};
    *vtab = &table->base;
    return SQLITE_OK;
}

static int disconnect_table(sqlite3_vtab *vtab)
{
    sqlite3_free(vtab);
    return SQLITE_OK;
}

/* There is one way to read it. */
static int plan(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    (void)vtab;
    info->estimatedCost = 1000;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *vtab, sqlite3_vtab_cursor **opened)
{
    const struct waiting_table *table = (const struct waiting_table *)vtab;
    struct waiting_cursor *cursor = sqlite3_malloc(sizeof(*cursor));

    if (cursor == NULL)
        return SQLITE_NOMEM;
    *cursor = (struct waiting_cursor){.kind = table->kind, .rows = table->rows};
    *opened = &cursor->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int rewind_cursor(sqlite3_vtab_cursor *base, int index, const char *name, int count,
                         sqlite3_value **values)
{
    struct waiting_cursor *cursor = (struct waiting_cursor *)base;

    (void)index;
    (void)name;
    (void)count;
    (void)values;
    cursor->at = 0;
    cursor->count = cursor->kind->count(cursor->rows);
    return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base)
{
    ((struct waiting_cursor *)base)->at++;
    return SQLITE_OK;
}

static int is_at_end(sqlite3_vtab_cursor *base)
{
    const struct waiting_cursor *cursor = (const struct waiting_cursor *)base;

    return cursor->at >= cursor->count;
}

static int give_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct waiting_cursor *cursor = (const struct waiting_cursor *)base;

    cursor->kind->give(cursor->rows, cursor->at, column, context);
    return SQLITE_OK;
}

static int give_row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *number)
{
    *number = (sqlite3_int64)((const struct waiting_cursor *)base)->at;
    return SQLITE_OK;
}

int waiting_show(sqlite3 *database, const struct waiting_kind *kind, const void *rows)
{
    static const sqlite3_module module = {
        .xConnect = connect_table,
        .xDisconnect = disconnect_table,
        .xBestIndex = plan,
        .xOpen = open_cursor,
        .xClose = close_cursor,
        .xFilter = rewind_cursor,
        .xNext = next_row,
        .xEof = is_at_end,
        .xColumn = give_column,
        .xRowid = give_row_number,
    };
    struct shown *shown = malloc(sizeof(*shown));

    if (shown == NULL)
        return SQLITE_NOMEM;
    *shown = (struct shown){.kind = kind, .rows = rows};
    return sqlite3_create_module_v2(database, kind->name, &module, shown, free);
}
