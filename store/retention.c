/* What is too old, or too much, goes: the oldest first, of all tables alike, in steps that are
 * short enough to stand between two commits. Pages that become free are used again, and given back
 * to the file system where the file is larger than it may be. */
#include <stdio.h>

#include "store/private.h"

#define STEP_PAGES 256

/* The file may take so much: the rest is for the -wal beside it and for what a step leaves over. */
static uint64_t bytes_for_file(const struct store *store)
{
    return store->max_bytes / 4 * 3;
}

static int ask_pragma(struct store *store, const char *sql, int64_t *value, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int result = -1;

    if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        *value = sqlite3_column_int64(statement, 0);
        result = 0;
    } else {
        store_failed(store, error);
    }
    sqlite3_finalize(statement);
    return result;
}

struct extent {
    uint64_t file_bytes, used_bytes;
};

static int measure(struct store *store, struct extent *extent, struct error *error)
{
    int64_t pages, unused, page_bytes;

    if (ask_pragma(store, "PRAGMA page_count", &pages, error) < 0 ||
        ask_pragma(store, "PRAGMA freelist_count", &unused, error) < 0 ||
        ask_pragma(store, "PRAGMA page_size", &page_bytes, error) < 0)
        return -1;
    extent->file_bytes = (uint64_t)(pages * page_bytes);
    extent->used_bytes = (uint64_t)((pages - unused) * page_bytes);
    return 0;
}

static int find_oldest(struct store *store, int64_t *oldest_ns, struct error *error)
{
    struct statement statement = store_statement(store, SQL_OLDEST);

    if (statement_run(&statement) != SQLITE_ROW)
        return store_failed(store, error);
    *oldest_ns = sqlite3_column_type(statement.prepared, 0) == SQLITE_NULL
                     ? INT64_MAX
                     : sqlite3_column_int64(statement.prepared, 0);
    return statement_run(&statement) == SQLITE_DONE ? 0 : store_failed(store, error);
}

/* Before which time all goes; INT64_MIN: nothing does. `oldest_ns` INT64_MAX: there is nothing. */
static int64_t choose_cutoff(const struct store *store, const struct extent *extent,
                             int64_t oldest_ns)
{
    int64_t newest_ns = store->newest_ns, cutoff_ns = INT64_MIN;
    uint64_t limit = bytes_for_file(store);

    if (oldest_ns == INT64_MAX)
        return INT64_MIN;
    if (store->keep_ns > 0)
        cutoff_ns = newest_ns - store->keep_ns;
    /* Some more than need be, so that not every commit is followed by a step. */
    if (limit > 0 && extent->file_bytes > limit && extent->used_bytes > limit / 16 * 15) {
        int64_t slice_ns = (newest_ns - oldest_ns) / 64;

        if (slice_ns < QUARTER_NS)
            slice_ns = QUARTER_NS;
        if (cutoff_ns < oldest_ns + slice_ns)
            cutoff_ns = oldest_ns + slice_ns;
    }
    return cutoff_ns > oldest_ns ? cutoff_ns : INT64_MIN;
}

static int delete_before(struct store *store, int64_t cutoff_ns, struct error *error)
{
    static const enum statement_id steps[] = {
        SQL_TRIM_INCIDENTS, SQL_TRIM_MINUTES, SQL_TRIM_COUNTS,     SQL_TRIM_SERVFAILS,
        SQL_TRIM_CLIENTS,   SQL_TRIM_HEALTH,  SQL_TRIM_SIGNATURES, SQL_TRIM_DELEGATIONS,
        SQL_TRIM_OUTAGES,   SQL_TRIM_SOURCES, SQL_TRIM_REMOVALS,
    };

    if (store_begin(store, error) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct statement statement = store_statement(store, steps[i]);

        bind_integer(&statement, cutoff_ns);
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    counts_forget(store->counts); /* some of the outages are no longer there */
    return store_commit(store, error);
}

static int give_back(struct store *store, struct error *error)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", STEP_PAGES);
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : store_failed(store, error);
}

int store_trim(struct store *store, struct error *error)
{
    struct extent extent;
    int64_t oldest_ns = 0, cutoff_ns;

    if ((store->keep_ns == 0 && store->max_bytes == 0) || store->newest_ns == INT64_MIN ||
        store->in_transaction)
        return 0;
    if (measure(store, &extent, error) < 0 || find_oldest(store, &oldest_ns, error) < 0)
        goto undo;
    cutoff_ns = choose_cutoff(store, &extent, oldest_ns);
    if (cutoff_ns != INT64_MIN) {
        if (delete_before(store, cutoff_ns, error) < 0)
            goto undo;
        return 1;
    }
    if (store->max_bytes > 0 && extent.file_bytes > bytes_for_file(store) &&
        extent.used_bytes < extent.file_bytes) {
        if (give_back(store, error) < 0)
            goto undo;
        return 1;
    }
    return 0;
undo:
    store_rollback(store);
    return -1;
}
