#include "store/waiting.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/private.h"

#define ROWS_LEAST 64

struct waiting {
    const struct waiting_kind *kind;
    size_t count, rows_max;
    uint8_t *rows;
    const void **sorted; /* all, for as long as the statement takes */
};

static size_t rows_within(const struct waiting_kind *kind, uint64_t memory_bytes)
{
    uint64_t rows = memory_bytes / (kind->row_bytes + sizeof(void *));

    if (rows > kind->rows_max)
        return kind->rows_max;
    return rows < ROWS_LEAST ? ROWS_LEAST : rows;
}

struct waiting *waiting_new(const struct waiting_kind *kind, uint64_t memory_bytes)
{
    struct waiting *waiting = calloc(1, sizeof(*waiting));

    if (waiting == NULL)
        return NULL;
    waiting->kind = kind;
    waiting->rows_max = rows_within(kind, memory_bytes);
    waiting->rows = calloc(waiting->rows_max, kind->row_bytes);
    waiting->sorted = calloc(waiting->rows_max, sizeof(*waiting->sorted));
    if (waiting->rows == NULL || waiting->sorted == NULL) {
        waiting_free(waiting);
        return NULL;
    }
    return waiting;
}

void waiting_free(struct waiting *waiting)
{
    if (waiting == NULL)
        return;
    free(waiting->rows);
    free(waiting->sorted);
    free(waiting);
}

void *waiting_add(struct waiting *waiting, struct store *store, struct error *error)
{
    if (waiting->count == waiting->rows_max && waiting_flush(waiting, store, error) < 0)
        return NULL;
    return waiting->rows + waiting->count++ * waiting->kind->row_bytes;
}

int waiting_flush(struct waiting *waiting, struct store *store, struct error *error)
{
    struct statement statement;

    if (waiting->count == 0)
        return 0;
    for (size_t i = 0; i < waiting->count; i++)
        waiting->sorted[i] = waiting->rows + i * waiting->kind->row_bytes;
    qsort(waiting->sorted, waiting->count, sizeof(*waiting->sorted), waiting->kind->compare);
    statement = store_statement(store, waiting->kind->move);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    waiting->count = 0;
    return 0;
}

void waiting_forget(struct waiting *waiting)
{
    waiting->count = 0;
}

/* A virtual table (https://sqlite.org/vtab.html) that is read from its beginning to its end. */
struct waiting_table {
    sqlite3_vtab base;
    const struct waiting *waiting;
};

struct waiting_cursor {
    sqlite3_vtab_cursor base;
    const struct waiting *waiting;
    size_t at;
};

static int connect_table(sqlite3 *database, void *context, int count, const char *const *arguments,
                         sqlite3_vtab **vtab, char **error)
{
    const struct waiting *waiting = context;
    struct waiting_table *table;
    char declaration[1024];
    int status;

    (void)count;
    (void)arguments;
    (void)error;
    snprintf(declaration, sizeof(declaration), "CREATE TABLE waiting (%s)", waiting->kind->columns);
    status = sqlite3_declare_vtab(database, declaration);
    if (status != SQLITE_OK)
        return status;
    table = sqlite3_malloc(sizeof(*table));
    if (table == NULL)
        return SQLITE_NOMEM;
    *table = (struct waiting_table){.waiting = waiting};
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
    *cursor = (struct waiting_cursor){.waiting = table->waiting};
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
    (void)index;
    (void)name;
    (void)count;
    (void)values;
    ((struct waiting_cursor *)base)->at = 0;
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

    return cursor->at >= cursor->waiting->count;
}

static int give_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct waiting_cursor *cursor = (const struct waiting_cursor *)base;

    cursor->waiting->kind->give(cursor->waiting->sorted[cursor->at], column, context);
    return SQLITE_OK;
}

static int give_row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *number)
{
    *number = (sqlite3_int64)((const struct waiting_cursor *)base)->at;
    return SQLITE_OK;
}

int waiting_show(struct waiting *waiting, sqlite3 *database)
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

    return sqlite3_create_module_v2(database, waiting->kind->name, &module, waiting, NULL);
}
