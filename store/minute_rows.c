#include "store/minute_rows.h"

#include <stdlib.h>
#include <string.h>

#include "store/private.h"

#define ROWS_MAX 8192
#define RCODES   16

/* clang-format off */
#define COUNT(name) + 1
enum { COUNTERS = 0 MINUTE_COUNTERS(COUNT) };
/* clang-format on */

/* What the integers of a row are: the columns of waiting_minutes behind `server`. */
enum {
    REVISION,
    MINUTE,
    IS_RESOLVER,
    SOURCE,
    RUN,
    QUERIES,
    RESPONSES,
    UNANSWERED,
    RCODE,
    LATENCY = RCODE + RCODES,
    INTEGERS = LATENCY + LATENCY_BUCKETS
};
_Static_assert(INTEGERS == QUERIES + COUNTERS, "each counter has its column");

struct minute_row {
    char server[ADDRESS_TEXT_SIZE];
    int64_t integers[INTEGERS];
};

struct minute_rows {
    size_t count;
    struct minute_row rows[ROWS_MAX];
    const struct minute_row *sorted[ROWS_MAX];
};

struct minute_rows *minute_rows_new(void)
{
    return calloc(1, sizeof(struct minute_rows));
}

void minute_rows_free(struct minute_rows *rows)
{
    free(rows);
}

void minute_rows_forget(struct minute_rows *rows)
{
    rows->count = 0;
}

static void take_counts(int64_t *integers, const uint64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        integers[i] = (int64_t)counts[i];
}

int minute_rows_add(struct store *store, const struct minute_counters *minute, struct error *error)
{
    struct minute_rows *rows = store->minutes;
    int64_t source = store_source_id(store, minute->source);
    struct minute_row *row;

    if (source == 0) {
        store->refused = true;
        return error_set(error, "%s: counters of a capture that was not begun", store->path);
    }
    if (rows->count == ROWS_MAX && minute_rows_flush(store, error) < 0)
        return -1;
    row = &rows->rows[rows->count++];
    address_to_text(&minute->server, row->server);
    row->integers[REVISION] = store->revision;
    row->integers[MINUTE] =
        minute->is_resolver ? minute->minute_ns : span_begin_ns(minute->minute_ns, QUARTER_NS);
    row->integers[IS_RESOLVER] = minute->is_resolver;
    row->integers[SOURCE] = source;
    row->integers[RUN] = store->run;
    row->integers[QUERIES] = (int64_t)minute->queries;
    row->integers[RESPONSES] = (int64_t)minute->responses;
    row->integers[UNANSWERED] = (int64_t)minute->unanswered;
    take_counts(&row->integers[RCODE], minute->rcodes, RCODES);
    take_counts(&row->integers[LATENCY], minute->latency, LATENCY_BUCKETS);
    return 0;
}

/* As SQLite orders the primary key. */
static int compare(const void *left, const void *right)
{
    const struct minute_row *a = *(const struct minute_row *const *)left;
    const struct minute_row *b = *(const struct minute_row *const *)right;
    int order;

    if (a->integers[MINUTE] != b->integers[MINUTE])
        return a->integers[MINUTE] < b->integers[MINUTE] ? -1 : 1;
    order = strcmp(a->server, b->server);
    if (order != 0)
        return order;
    if (a->integers[IS_RESOLVER] != b->integers[IS_RESOLVER])
        return a->integers[IS_RESOLVER] < b->integers[IS_RESOLVER] ? -1 : 1;
    return (a->integers[SOURCE] > b->integers[SOURCE]) -
           (a->integers[SOURCE] < b->integers[SOURCE]);
}

int minute_rows_flush(struct store *store, struct error *error)
{
    struct minute_rows *rows = store->minutes;
    struct statement statement;

    if (rows->count == 0)
        return 0;
    for (size_t i = 0; i < rows->count; i++)
        rows->sorted[i] = &rows->rows[i];
    qsort(rows->sorted, rows->count, sizeof(rows->sorted[0]), compare);
    statement = store_statement(store, SQL_ADD_MINUTES);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    rows->count = 0;
    return 0;
}

/* The table that SQLite sees (https://sqlite.org/vtab.html): read from its beginning to its end. */
struct waiting_table {
    sqlite3_vtab base;
    const struct minute_rows *rows;
};

struct waiting_cursor {
    sqlite3_vtab_cursor base;
    const struct minute_rows *rows;
    size_t at;
};

static int connect_table(sqlite3 *database, void *context, int count, const char *const *arguments,
                         sqlite3_vtab **vtab, char **error)
{
    struct waiting_table *table;
    int status = sqlite3_declare_vtab(database, SQL_WAITING_MINUTES);

    (void)count;
    (void)arguments;
    (void)error;
    if (status != SQLITE_OK)
        return status;
    table = sqlite3_malloc(sizeof(*table));
    if (table == NULL)
        return SQLITE_NOMEM;
    *table = (struct waiting_table){.rows = context};
    *vtab = &table->base;
    return SQLITE_OK;
}

static int disconnect_table(sqlite3_vtab *vtab)
{
    sqlite3_free(vtab);
    return SQLITE_OK;
}

static int plan(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
    const struct waiting_table *table = (const struct waiting_table *)vtab;

    info->estimatedCost = (double)table->rows->count;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *vtab, sqlite3_vtab_cursor **opened)
{
    struct waiting_cursor *cursor = sqlite3_malloc(sizeof(*cursor));

    if (cursor == NULL)
        return SQLITE_NOMEM;
    *cursor = (struct waiting_cursor){.rows = ((const struct waiting_table *)vtab)->rows};
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

    return cursor->at >= cursor->rows->count;
}

static int give_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct waiting_cursor *cursor = (const struct waiting_cursor *)base;
    const struct minute_row *row = cursor->rows->sorted[cursor->at];

    if (column == 0)
        sqlite3_result_text(context, row->server, -1, SQLITE_STATIC);
    else
        sqlite3_result_int64(context, row->integers[column - 1]);
    return SQLITE_OK;
}

static int give_row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *number)
{
    *number = (sqlite3_int64)((const struct waiting_cursor *)base)->at;
    return SQLITE_OK;
}

int minute_rows_show(struct minute_rows *rows, sqlite3 *database)
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

    return sqlite3_create_module(database, "waiting_minutes", &module, rows);
}
