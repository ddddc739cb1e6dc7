#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decode/hash.h"
#include "store/schema.h"
#include "store/sketch.h"
#include "store/writer.h"

static const char *const statement_texts[STATEMENT_COUNT] = {
#define X(id, sql) [SQL_##id] = sql,
    STATEMENTS(X)
#undef X
};

#define CACHE_BYTES_DEFAULT (UINT64_C(8) << 20)
#define BUSY_WAIT_MS        10000
#define CHECKPOINT_PAGES    8192 /* 32 MiB of WAL: many commits write a page back once */
#define COMMIT_ROWS         5000
#define COMMIT_NS           1000000000

static int64_t clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int store_failed(const struct store *store, struct error *error)
{
    return error_set(error, "%s: %s", store->path, sqlite3_errmsg(store->database));
}

struct statement store_statement(struct store *store, enum statement_id id)
{
    struct statement statement;

    statement_begin(&statement, store->prepared[id]);
    return statement;
}

int store_execute(struct store *store, struct statement *statement, struct error *error)
{
    return statement_run(statement) == SQLITE_DONE ? 0 : store_failed(store, error);
}

static int execute_bare(struct store *store, enum statement_id id, struct error *error)
{
    struct statement statement = store_statement(store, id);

    return store_execute(store, &statement, error);
}

/* Runs a statement that gives one row of one integer. */
static int ask(struct store *store, struct statement *statement, int64_t *value,
               struct error *error)
{
    if (statement_run(statement) != SQLITE_ROW)
        return store_failed(store, error);
    *value = sqlite3_column_int64(statement->prepared, 0);
    return statement_run(statement) == SQLITE_DONE ? 0 : store_failed(store, error);
}

/* SQL: sketch_add(sketch, client), the sketch (NULL: a new one) with one client more. */
static void sql_sketch_add(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct sketch sketch = {{0}};
    const void *client = sqlite3_value_text(values[1]);

    (void)count;
    if (sqlite3_value_bytes(values[0]) == (int)sizeof(sketch))
        memcpy(&sketch, sqlite3_value_blob(values[0]), sizeof(sketch));
    if (client != NULL)
        sketch_add(&sketch, hash_stable(client, (size_t)sqlite3_value_bytes(values[1])));
    sqlite3_result_blob(context, &sketch, sizeof(sketch), SQLITE_TRANSIENT);
}

/* SQL: sketch(client), the aggregate of the same. */
static void sql_sketch_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct sketch *sketch = sqlite3_aggregate_context(context, sizeof(*sketch));
    const void *client = sqlite3_value_text(values[0]);

    (void)count;
    if (sketch == NULL)
        sqlite3_result_error_nomem(context);
    else if (client != NULL)
        sketch_add(sketch, hash_stable(client, (size_t)sqlite3_value_bytes(values[0])));
}

static void sql_sketch_final(sqlite3_context *context)
{
    const struct sketch none = {{0}};
    const struct sketch *sketch = sqlite3_aggregate_context(context, 0);

    sqlite3_result_blob(context, sketch != NULL ? sketch : &none, sizeof(none), SQLITE_TRANSIENT);
}

static int add_functions(sqlite3 *database)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int status;

    status =
        sqlite3_create_function(database, "sketch_add", 2, flags, NULL, sql_sketch_add, NULL, NULL);
    if (status != SQLITE_OK)
        return status;
    return sqlite3_create_function(database, "sketch", 1, flags, NULL, NULL, sql_sketch_step,
                                   sql_sketch_final);
}

static int configure(struct store *store, uint64_t memory_bytes, struct error *error)
{
    char pragmas[200];

    snprintf(pragmas, sizeof(pragmas),
             "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -%llu; "
             "PRAGMA wal_autocheckpoint = %d",
             (unsigned long long)(memory_bytes >> 10), CHECKPOINT_PAGES);
    if (sqlite3_exec(store->database, pragmas, NULL, NULL, NULL) != SQLITE_OK ||
        add_functions(store->database) != SQLITE_OK)
        return store_failed(store, error);
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(store->database, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->prepared[i], NULL) != SQLITE_OK)
            return store_failed(store, error);
    }
    return 0;
}

static int ensure_transaction(struct store *store, struct error *error)
{
    if (store->in_transaction)
        return 0;
    if (execute_bare(store, SQL_BEGIN, error) < 0)
        return -1;
    store->in_transaction = true;
    store->rows = 0;
    store->begun_ns = clock_now_ns();
    return 0;
}

static int begin_run(struct store *store, const struct store_options *options, struct error *error)
{
    struct statement statement;

    if (ensure_transaction(store, error) < 0)
        return -1;
    statement = store_statement(store, SQL_ADD_RUN);
    bind_text(&statement, options->analyzer_version);
    bind_text(&statement, options->sensor);
    if (ask(store, &statement, &store->run, error) < 0)
        return -1;
    return store_commit(store, error);
}

struct store *store_open(const struct store_options *options, struct error *error)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    uint64_t memory_bytes = options->memory_bytes > 0 ? options->memory_bytes : CACHE_BYTES_DEFAULT;
    struct store *store = calloc(1, sizeof(*store));

    if (store == NULL || (store->path = strdup(options->path)) == NULL) {
        error_set(error, "%s: out of memory", options->path);
        goto fail;
    }
    if (sqlite3_open_v2(options->path, &store->database, flags, NULL) != SQLITE_OK) {
        store_failed(store, error);
        goto fail;
    }
    sqlite3_busy_timeout(store->database, BUSY_WAIT_MS);
    if (schema_migrate(store->database, store->path, error) < 0 ||
        configure(store, memory_bytes, error) < 0 || begin_run(store, options, error) < 0)
        goto fail;
    return store;
fail:
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->prepared[i]);
    sqlite3_close(store->database); /* rolls back what is open */
    free(store->source_ids);
    free(store->path);
    free(store);
}

int store_commit(struct store *store, struct error *error)
{
    if (!store->in_transaction)
        return 0;
    if (execute_bare(store, SQL_COMMIT, error) < 0)
        return -1;
    store->in_transaction = false;
    return 0;
}

int store_tick(struct store *store, struct error *error)
{
    if (!store->in_transaction)
        return 0;
    if (store->rows < COMMIT_ROWS && clock_now_ns() - store->begun_ns < COMMIT_NS)
        return 0;
    return store_commit(store, error);
}

int64_t store_source_id(const struct store *store, uint32_t source)
{
    return source < store->source_count ? store->source_ids[source] : 0;
}

static int remember_source(struct store *store, uint32_t source, int64_t id, struct error *error)
{
    if (source >= store->source_count) {
        uint32_t count = source + 16;
        int64_t *ids = realloc(store->source_ids, count * sizeof(*ids));

        if (ids == NULL)
            return error_set(error, "%s: out of memory", store->path);
        memset(ids + store->source_count, 0, (count - store->source_count) * sizeof(*ids));
        store->source_ids = ids;
        store->source_count = count;
    }
    store->source_ids[source] = id;
    return 0;
}

int store_begin_source(struct store *store, uint32_t source, uint64_t fingerprint, const char *name,
                       struct error *error)
{
    struct statement statement;
    int64_t id = 0;

    if (ensure_transaction(store, error) < 0)
        return -1;
    statement = store_statement(store, SQL_BEGIN_SOURCE);
    bind_integer(&statement, (int64_t)fingerprint);
    bind_integer(&statement, store->run);
    bind_text(&statement, name);
    if (ask(store, &statement, &id, error) < 0)
        return -1;
    return remember_source(store, source, id, error);
}

static int add_loss(struct store *store, int64_t id, const char *kind, const char *reason,
                    uint64_t count, struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_LOSS);

    bind_integer(&statement, id);
    bind_text(&statement, kind);
    bind_text(&statement, reason);
    bind_integer(&statement, (int64_t)count);
    return count == 0 ? 0 : store_execute(store, &statement, error);
}

static int add_losses(struct store *store, int64_t id, const struct source_health *health,
                      struct error *error)
{
    struct statement statement = store_statement(store, SQL_CLEAR_LOSSES);

    bind_integer(&statement, id);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    for (int i = 0; i < DROP_REASON_COUNT; i++) {
        if (add_loss(store, id, "dropped", drop_reason_code((enum drop_reason)i),
                     health->dropped[i], error) < 0)
            return -1;
    }
    for (int i = 0; i < TABLE_COUNT; i++) {
        if (add_loss(store, id, "evicted", correlate_table_code((enum correlate_table)i),
                     health->evicted[i], error) < 0)
            return -1;
    }
    return 0;
}

int store_set_health(struct store *store, uint32_t source, const struct source_health *health,
                     struct error *error)
{
    bool no_packet = health->first_time_ns == INT64_MAX;
    struct statement statement;

    assert(store_source_id(store, source) != 0);
    if (ensure_transaction(store, error) < 0)
        return -1;
    statement = store_statement(store, SQL_SET_HEALTH);
    bind_integer(&statement, (int64_t)health->packets);
    bind_integer(&statement, (int64_t)health->dns_messages);
    bind_integer(&statement, (int64_t)health->dns_responses);
    bind_integer_unless(&statement, health->first_time_ns, no_packet);
    bind_integer_unless(&statement, health->last_time_ns, no_packet);
    bind_integer(&statement, store_source_id(store, source));
    if (store_execute(store, &statement, error) < 0)
        return -1;
    return add_losses(store, store_source_id(store, source), health, error);
}

static int add_minute(struct store *store, const struct minute_counters *minute,
                      struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_MINUTE);

    bind_integer(&statement, minute->minute_ns);
    bind_address(&statement, &minute->server);
    bind_integer(&statement, minute->is_resolver);
    bind_integer(&statement, store_source_id(store, minute->source));
    bind_integer(&statement, store->run);
    bind_integer(&statement, (int64_t)minute->queries);
    bind_integer(&statement, (int64_t)minute->responses);
    bind_integer(&statement, (int64_t)minute->unanswered);
    for (int i = 0; i < 16; i++)
        bind_integer(&statement, (int64_t)minute->rcodes[i]);
    for (int i = 0; i < LATENCY_BUCKETS; i++)
        bind_integer(&statement, (int64_t)minute->latency[i]);
    return store_execute(store, &statement, error);
}

int store_add(struct store *store, const struct finding *finding, struct error *error)
{
    int result = 0;

    if (ensure_transaction(store, error) < 0)
        return -1;
    if (finding->kind == FINDING_INCIDENT)
        result = store_write_incident(store, &finding->incident, error);
    else if (finding->kind == FINDING_MINUTE)
        result = add_minute(store, &finding->minute, error);
    store->rows++;
    return result < 0 ? -1 : store_tick(store, error);
}

/* What a source gave in an earlier run and not in this one. */
static int remove_leftovers(struct store *store, int64_t id, struct error *error)
{
    static const enum statement_id steps[] = {SQL_DELETE_OLD_MINUTES, SQL_MARK_OLD_OUTAGES,
                                              SQL_DELETE_OLD_INCIDENTS};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct statement statement = store_statement(store, steps[i]);

        bind_integer(&statement, id);
        bind_integer(&statement, store->run);
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    return 0;
}

int store_finish(struct store *store, struct error *error)
{
    /* What stands on outages that lost incidents is made anew; the last step calls them fresh. */
    static const enum statement_id recount[] = {SQL_DELETE_EMPTY_OUTAGES, SQL_CLEAR_OUTAGE_SERVERS,
                                                SQL_COLLECT_OUTAGE_SERVERS, SQL_RECOUNT_OUTAGES};
    struct statement statement;

    if (ensure_transaction(store, error) < 0)
        return -1;
    for (uint32_t i = 0; i < store->source_count; i++) {
        if (store->source_ids[i] != 0 && remove_leftovers(store, store->source_ids[i], error) < 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof(recount) / sizeof(recount[0]); i++) {
        if (execute_bare(store, recount[i], error) < 0)
            return -1;
    }
    statement = store_statement(store, SQL_FINISH_RUN);
    bind_integer(&statement, store->run);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    return store_commit(store, error);
}
