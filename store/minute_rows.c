#include "store/minute_rows.h"

#include <stdlib.h>
#include <string.h>

#include "store/private.h"

#define ROWS_MAX   4096
#define OTHERS_MAX 16 /* of sources and quarters of an hour that are told of at a time */
#define RCODES     16

/* clang-format off */
#define COUNT(name) + 1
enum { COUNTERS = 0 MINUTE_COUNTERS(COUNT) };
/* clang-format on */

/* What the integers of a row are: WAITING_MINUTES without `server`, which is its second column. */
enum {
    MINUTE,
    IS_RESOLVER,
    SOURCE,
    RUN,
    QUERIES,
    RESPONSES,
    UNANSWERED,
    RCODE,
    LATENCY = RCODE + RCODES,
    REVISION = LATENCY + LATENCY_BUCKETS,
    INTEGERS
};
#define SERVER_COLUMN 1
_Static_assert(REVISION == QUERIES + COUNTERS, "each counter has its column");

struct minute_row {
    char server[ADDRESS_TEXT_SIZE];
    int64_t integers[INTEGERS];
};

struct minute_rows {
    struct waiting *waiting;
    struct census *census;
    struct minute_row others[OTHERS_MAX]; /* of servers without a row of their own */
    size_t other_count;
};

static void add_counts(int64_t *integers, const uint64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        integers[i] += (int64_t)counts[i];
}

static void add_minute(struct minute_row *row, const struct minute_counters *minute)
{
    row->integers[QUERIES] += (int64_t)minute->queries;
    row->integers[RESPONSES] += (int64_t)minute->responses;
    row->integers[UNANSWERED] += (int64_t)minute->unanswered;
    add_counts(&row->integers[RCODE], minute->rcodes, RCODES);
    add_counts(&row->integers[LATENCY], minute->latency, LATENCY_BUCKETS);
}

static void begin_row(struct minute_row *row, const struct store *store, int64_t source,
                      int64_t minute_ns)
{
    memset(row, 0, sizeof(*row));
    row->integers[MINUTE] = minute_ns;
    row->integers[SOURCE] = source;
    row->integers[RUN] = store->run;
    row->integers[REVISION] = store->revision;
}

static int flush_others(struct store *store, struct error *error)
{
    struct minute_rows *rows = store->minutes;

    for (size_t i = 0; i < rows->other_count; i++) {
        struct minute_row *row = waiting_add(rows->waiting, store, error);

        if (row == NULL)
            return -1;
        *row = rows->others[i];
    }
    rows->other_count = 0;
    return 0;
}

static int add_to_others(struct store *store, const struct minute_counters *minute, int64_t source,
                         int64_t minute_ns, struct error *error)
{
    struct minute_rows *rows = store->minutes;
    struct minute_row *row = rows->others, *end = rows->others + rows->other_count;

    while (row < end && (row->integers[MINUTE] != minute_ns || row->integers[SOURCE] != source ||
                         row->integers[IS_RESOLVER] != minute->is_resolver))
        row++;
    if (row == rows->others + OTHERS_MAX) {
        if (flush_others(store, error) < 0)
            return -1;
        row = end = rows->others;
    }
    if (row == end) {
        begin_row(row, store, source, minute_ns);
        row->integers[IS_RESOLVER] = minute->is_resolver;
        rows->other_count++;
    }
    add_minute(row, minute);
    return 0;
}

static bool has_own_row(const struct store *store, const struct minute_counters *minute,
                        int64_t source, int64_t quarter_ns)
{
    if (minute->is_resolver)
        return census_admits_asked(store->resolvers, source, quarter_ns, &minute->server,
                                   minute->queries > 0 ? minute->queries : minute->responses);
    return census_admits(store->minutes->census, source, quarter_ns, minute);
}

int minute_rows_add(struct store *store, const struct minute_counters *minute, struct error *error)
{
    int64_t source = store_source_id(store, minute->source);
    int64_t quarter_ns = span_begin_ns(minute->minute_ns, QUARTER_NS);
    int64_t minute_ns = minute->is_resolver ? minute->minute_ns : quarter_ns;
    struct minute_row *row;

    if (source == 0) {
        store->refused = true;
        return error_set(error, "%s: counters of a capture that was not begun", store->path);
    }
    if (!has_own_row(store, minute, source, quarter_ns))
        return add_to_others(store, minute, source, minute_ns, error);
    row = waiting_add(store->minutes->waiting, store, error);
    if (row == NULL)
        return -1;
    begin_row(row, store, source, minute_ns);
    address_to_text(&minute->server, row->server);
    row->integers[IS_RESOLVER] = minute->is_resolver;
    add_minute(row, minute);
    return 0;
}

int minute_rows_flush(struct store *store, struct error *error)
{
    return flush_others(store, error) < 0 ||
                   waiting_flush(store->minutes->waiting, store, error) < 0
               ? -1
               : 0;
}

void minute_rows_forget(struct minute_rows *rows)
{
    rows->other_count = 0;
    waiting_forget(rows->waiting);
}

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

static void give(const void *at, int column, sqlite3_context *result)
{
    const struct minute_row *row = at;

    if (column == SERVER_COLUMN)
        sqlite3_result_text(result, row->server, -1, SQLITE_STATIC);
    else
        sqlite3_result_int64(result, row->integers[column > SERVER_COLUMN ? column - 1 : column]);
}

static const struct waiting_kind kind = {
    .name = "waiting_minutes",
    .columns = WAITING_MINUTES,
    .move = SQL_ADD_MINUTES,
    .row_bytes = sizeof(struct minute_row),
    .rows_max = ROWS_MAX,
    .compare = compare,
    .give = give,
};

struct minute_rows *minute_rows_new(uint64_t memory_bytes)
{
    struct minute_rows *rows = calloc(1, sizeof(*rows));

    if (rows == NULL)
        return NULL;
    rows->waiting = waiting_new(&kind, memory_bytes / 2);
    rows->census = census_new(CENSUS_SERVERS, memory_bytes / 2);
    if (rows->waiting == NULL || rows->census == NULL) {
        minute_rows_free(rows);
        return NULL;
    }
    return rows;
}

void minute_rows_free(struct minute_rows *rows)
{
    if (rows == NULL)
        return;
    waiting_free(rows->waiting);
    census_free(rows->census);
    free(rows);
}

int minute_rows_show(struct minute_rows *rows, sqlite3 *database)
{
    return waiting_show(rows->waiting, database);
}
