/* Where findings come from: captures and devices, known again by their fingerprints. */
#include <stdlib.h>
#include <string.h>

#include "store/private.h"

int64_t store_source_id(const struct store *store, uint32_t source)
{
    return source < store->source_count ? store->source_ids[source] : 0;
}

static int make_room(struct store *store, uint32_t source, struct error *error)
{
    uint32_t count = source + 16, before = store->source_count;
    int64_t *ids;
    struct earlier_source *earlier;
    struct sight_losses *losses;

    if (source < before)
        return 0;
    ids = realloc(store->source_ids, count * sizeof(*ids));
    if (ids != NULL)
        store->source_ids = ids;
    earlier = realloc(store->earlier_sources, count * sizeof(*earlier));
    if (earlier != NULL)
        store->earlier_sources = earlier;
    losses = realloc(store->sight_losses, count * sizeof(*losses));
    if (losses != NULL)
        store->sight_losses = losses;
    if (ids == NULL || earlier == NULL || losses == NULL)
        return error_set(error, "%s: out of memory", store->path);
    memset(ids + before, 0, (count - before) * sizeof(*ids));
    memset(earlier + before, 0, (count - before) * sizeof(*earlier));
    memset(losses + before, 0, (count - before) * sizeof(*losses));
    store->source_count = count;
    return 0;
}

static int64_t integer_unless_null(const struct statement *statement, int column, int64_t if_null)
{
    return sqlite3_column_type(statement->prepared, column) == SQLITE_NULL
               ? if_null
               : sqlite3_column_int64(statement->prepared, column);
}

static int find_earlier(struct store *store, uint64_t fingerprint, struct earlier_source *earlier,
                        struct error *error)
{
    struct statement statement = store_statement(store, SQL_FIND_SOURCE);
    int status;

    *earlier = (struct earlier_source){.known = false};
    bind_integer(&statement, (int64_t)fingerprint);
    status = statement_run(&statement);
    if (status == SQLITE_DONE)
        return 0;
    if (status != SQLITE_ROW)
        return store_failed(store, error);
    *earlier = (struct earlier_source){.known = true,
                                       .first_ns = integer_unless_null(&statement, 0, INT64_MIN),
                                       .last_ns = integer_unless_null(&statement, 1, INT64_MAX)};
    sqlite3_reset(statement.prepared);
    return 0;
}

int store_begin_source(struct store *store, uint32_t source, uint64_t fingerprint, const char *name,
                       struct error *error)
{
    struct statement statement;
    struct earlier_source earlier;
    int64_t id = 0;

    if (store_begin(store, error) < 0 || make_room(store, source, error) < 0 ||
        find_earlier(store, fingerprint, &earlier, error) < 0)
        return -1;
    statement = store_statement(store, SQL_BEGIN_SOURCE);
    bind_integer(&statement, (int64_t)fingerprint);
    bind_integer(&statement, store->run);
    bind_text(&statement, name);
    if (store_ask(store, &statement, &id, error) < 0)
        return -1;
    store->source_ids[source] = id;
    store->earlier_sources[source] = earlier;
    return 0;
}
