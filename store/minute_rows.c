#include "store/minute_rows.h"

#include <string.h>

#include "store/private.h"

#define ROWS_MAX 8192
#define RCODES   16

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

static void take_counts(int64_t *integers, const uint64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        integers[i] = (int64_t)counts[i];
}

int minute_rows_add(struct store *store, const struct minute_counters *minute, struct error *error)
{
    int64_t source = store_source_id(store, minute->source);
    struct minute_row *row;

    if (source == 0) {
        store->refused = true;
        return error_set(error, "%s: counters of a capture that was not begun", store->path);
    }
    row = waiting_add(store->minutes, store, error);
    if (row == NULL)
        return -1;
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

const struct waiting_kind minute_rows = {
    .name = "waiting_minutes",
    .columns = WAITING_MINUTES,
    .move = SQL_ADD_MINUTES,
    .row_bytes = sizeof(struct minute_row),
    .rows_max = ROWS_MAX,
    .compare = compare,
    .give = give,
};
