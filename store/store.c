#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clock.h"
#include "store/private.h"
#include "store/schema.h"
#include "store/server_rows.h"
#include "store/sketch_sql.h"

static const char *const statement_texts[STATEMENT_COUNT] = {
#define X(id, sql) [SQL_##id] = sql,
    STATEMENTS(X)
#undef X
};

#define MEMORY_DEFAULT      (UINT64_C(16) << 20)
#define BUSY_WAIT_MS        10000
#define PAGE_BYTES          4096
#define WAL_BYTES           (32 << 20) /* many commits write a page back once */
#define WAL_BYTES_MAX       (1 << 30)
#define COMMIT_ROWS         20000
#define OUTAGE_ROWS_DEFAULT 100
#define HOUR_ROWS_DEFAULT   2000
#define COMMIT_NS_DEFAULT   700000000 /* with what it takes: within a second */

int store_failed(const struct store *store, struct error *error)
{
    return error_set(error, "%s: %s", store->path, sqlite3_errmsg(store->database));
}

struct statement store_statement(struct store *store, enum statement_id id)
{
    sqlite3_stmt **prepared = &store->prepared[id];
    struct statement statement;
    int status = SQLITE_OK;

    /* With its first use: most runs need half of them, and each takes 10 to 50 kB. */
    if (*prepared == NULL)
        status = sqlite3_prepare_v3(store->database, statement_texts[id], -1,
                                    SQLITE_PREPARE_PERSISTENT, prepared, NULL);
    statement_begin(&statement, *prepared);
    statement.status = status;
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

int store_ask(struct store *store, struct statement *statement, int64_t *value, struct error *error)
{
    if (statement_run(statement) != SQLITE_ROW)
        return store_failed(store, error);
    *value = sqlite3_column_int64(statement->prepared, 0);
    return statement_run(statement) == SQLITE_DONE ? 0 : store_failed(store, error);
}

static uint64_t default_to(uint64_t value, uint64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static int note_wal(void *context, sqlite3 *database, const char *name, int pages)
{
    struct store *store = context;

    (void)database;
    (void)name;
    store->wal_pages = pages;
    return SQLITE_OK;
}

/* The -wal grows until it is written back into the file, which a reader of an older state prevents.
 */
static void limit_wal(struct store *store)
{
    uint64_t wanted_bytes = WAL_BYTES;

    if (store->max_bytes > 0 && store->max_bytes / 16 < wanted_bytes)
        wanted_bytes = store->max_bytes / 16;
    store->wal_pages_wanted = (int)(wanted_bytes / PAGE_BYTES);
    store->wal_pages_max =
        store->max_bytes > 0 ? 2 * store->wal_pages_wanted : (int)(WAL_BYTES_MAX / PAGE_BYTES);
    sqlite3_wal_hook(store->database, note_wal, store);
}

static int configure(struct store *store, const struct store_options *options, struct error *error)
{
    uint64_t cache_bytes = default_to(options->memory_bytes, MEMORY_DEFAULT) / 2;
    char pragmas[200];

    store->commit_ns = options->commit_ns > 0 ? options->commit_ns : COMMIT_NS_DEFAULT;
    store->keep_ns = options->keep_ns;
    store->max_bytes = options->max_bytes;
    store->newest_ns = INT64_MIN;
    believed_clock_start(&store->clock);
    limit_wal(store);
    snprintf(pragmas, sizeof(pragmas),
             "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -%llu; "
             "PRAGMA journal_size_limit = %d",
             (unsigned long long)(cache_bytes >> 10), store->wal_pages_wanted * PAGE_BYTES);
    if (sqlite3_exec(store->database, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return store_failed(store, error);
    return 0;
}

/* Writes the -wal back as far as it is too long. -1: readers prevent it from becoming shorter. */
static int shorten_wal(struct store *store, struct error *error)
{
    if (store->wal_pages >= store->wal_pages_wanted) {
        bool too_long = store->wal_pages >= store->wal_pages_max;
        int mode = too_long ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;

        if (sqlite3_wal_checkpoint_v2(store->database, NULL, mode, NULL, NULL) == SQLITE_OK &&
            too_long)
            store->wal_pages = 0;
    }
    if (store->wal_pages < store->wal_pages_max)
        return 0;
    return error_set(error,
                     "%s-wal: is %d MiB long, and another program that has been reading for long "
                     "keeps it from being written back",
                     store->path, store->wal_pages / ((1 << 20) / PAGE_BYTES));
}

/* SQL: revision(), that of the transaction. */
static void give_revision(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct store *store = sqlite3_user_data(context);

    (void)count;
    (void)values;
    sqlite3_result_int64(context, store->revision);
}

static int add_functions(struct store *store)
{
    int status = sketch_add_functions(store->database);

    if (status == SQLITE_OK)
        status = minute_rows_show(store->minutes, store->database);
    if (status == SQLITE_OK)
        status = waiting_show(store->servers, store->database);
    if (status != SQLITE_OK)
        return status;
    return sqlite3_create_function(store->database, "revision", 0, SQLITE_UTF8, store,
                                   give_revision, NULL, NULL);
}

int store_begin(struct store *store, struct error *error)
{
    struct statement statement;
    int64_t version = 0;

    if (store->in_transaction)
        return 0;
    if (shorten_wal(store, error) < 0)
        return -1;
    if (execute_bare(store, SQL_BEGIN, error) < 0)
        return -1;
    store->in_transaction = true;
    statement = store_statement(store, SQL_DATA_VERSION);
    if (store_ask(store, &statement, &version, error) < 0)
        return -1;
    if (version != store->data_version)
        counts_forget(store->counts);
    store->data_version = version;
    statement = store_statement(store, SQL_REVISE);
    bind_integer(&statement, clock_read_ns(CLOCK_REALTIME) / 1000000);
    if (store_ask(store, &statement, &store->revision, error) < 0)
        return -1;
    store->rows = 0;
    store->begun_ns = clock_read_ns(CLOCK_MONOTONIC);
    return 0;
}

static int begin_run(struct store *store, const struct store_options *options, struct error *error)
{
    struct statement statement;

    if (store_begin(store, error) < 0)
        return -1;
    statement = store_statement(store, SQL_ADD_RUN);
    bind_text(&statement, options->analyzer_version);
    bind_text(&statement, options->sensor);
    bind_integer(&statement, clock_read_ns(CLOCK_REALTIME));
    if (store_ask(store, &statement, &store->run, error) < 0)
        return -1;
    return store_commit(store, error);
}

/* What waits for the commit, in half of the memory: the other half is the page cache's. */
static int set_up(struct store *store, const struct store_options *options)
{
    uint64_t memory_bytes = default_to(options->memory_bytes, MEMORY_DEFAULT);

    store->path = strdup(options->path);
    store->evidence = evidence_writer_new();
    store->minutes = minute_rows_new(memory_bytes / 4);
    store->servers = waiting_new(&server_rows, memory_bytes / 16);
    store->counts = counts_new(default_to(options->outage_rows, OUTAGE_ROWS_DEFAULT),
                               default_to(options->hour_rows, HOUR_ROWS_DEFAULT), memory_bytes / 6);
    store->resolvers = census_new(CENSUS_RESOLVERS, memory_bytes / 64);
    return store->path == NULL || store->evidence == NULL || store->minutes == NULL ||
                   store->servers == NULL || store->counts == NULL || store->resolvers == NULL
               ? -1
               : 0;
}

/* Nobody asks SQLite how much memory it has taken: counting that takes a lock each time. Once it is
 * initialized this changes nothing. */
static void configure_memory(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct store *store_open(const struct store_options *options, struct error *error)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    struct store *store = calloc(1, sizeof(*store));

    configure_memory();
    if (store == NULL || set_up(store, options) < 0) {
        error_set(error, "%s: out of memory", options->path);
        goto fail;
    }
    if (sqlite3_open_v2(options->path, &store->database, flags, NULL) != SQLITE_OK) {
        store_failed(store, error);
        goto fail;
    }
    sqlite3_busy_timeout(store->database, BUSY_WAIT_MS);
    if (add_functions(store) != SQLITE_OK) {
        store_failed(store, error);
        goto fail;
    }
    if (schema_migrate(store->database, store->path, error) < 0 ||
        configure(store, options, error) < 0 || begin_run(store, options, error) < 0)
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
    counts_free(store->counts);
    census_free(store->resolvers);
    evidence_writer_free(store->evidence);
    minute_rows_free(store->minutes);
    waiting_free(store->servers);
    free(store->source_ids);
    free(store->earlier_sources);
    free(store->sight_losses);
    free(store->path);
    free(store);
}

/* What is gathered until the commit. */
static int flush(struct store *store, struct error *error)
{
    return minute_rows_flush(store, error) < 0 || waiting_flush(store->servers, store, error) < 0 ||
                   counts_flush(store, error) < 0
               ? -1
               : 0;
}

int store_commit(struct store *store, struct error *error)
{
    if (!store->in_transaction)
        return 0;
    if (flush(store, error) < 0 || execute_bare(store, SQL_COMMIT, error) < 0)
        return -1;
    counts_commit(store->counts);
    sights_commit(store);
    store->in_transaction = false;
    return 0;
}

void store_rollback(struct store *store)
{
    /* SQLite itself has taken it back after some failures. */
    if (!sqlite3_get_autocommit(store->database)) {
        struct statement statement = store_statement(store, SQL_ROLLBACK);

        statement_run(&statement);
    }
    counts_rollback(store->counts);
    sights_rollback(store);
    minute_rows_forget(store->minutes);
    waiting_forget(store->servers);
    store->refused = false;
    store->in_transaction = false;
}

bool store_failure_passes(const struct store *store)
{
    static const int lasting[] = {SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE};
    int code = sqlite3_errcode(store->database) & 0xff;

    if (store->refused)
        return false;
    for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
        if (code == lasting[i])
            return false;
    }
    return true;
}

bool store_is_waiting(const struct store *store)
{
    return store->in_transaction;
}

void store_set_patience(struct store *store, int wait_ms)
{
    sqlite3_busy_timeout(store->database, wait_ms);
}

int store_tick(struct store *store, struct error *error)
{
    if (!store->in_transaction)
        return 0;
    if (store->rows < COMMIT_ROWS &&
        clock_read_ns(CLOCK_MONOTONIC) - store->begun_ns < store->commit_ns)
        return 0;
    return store_commit(store, error);
}

/* Time that has not come yet is not believed, since what is old would go. */
static void note_time(struct store *store, const struct finding *finding)
{
    int64_t limit_ns = believed_clock_limit_ns(&store->clock), time_ns = INT64_MIN;

    if (finding->kind == FINDING_INCIDENT)
        time_ns = finding->incident.time_ns;
    else if (finding->kind == FINDING_MINUTE)
        time_ns = finding->minute.minute_ns;
    if (store->newest_ns > limit_ns) /* the clock was ahead, and was set back */
        store->newest_ns = INT64_MIN;
    if (time_ns > store->newest_ns && time_ns <= limit_ns)
        store->newest_ns = time_ns;
}

int store_add(struct store *store, const struct finding *finding, struct error *error)
{
    int result = 0;

    if (store_begin(store, error) < 0)
        return -1;
    if (finding->kind == FINDING_INCIDENT)
        result = store_write_incident(store, &finding->incident, error);
    else if (finding->kind == FINDING_MINUTE)
        result = minute_rows_add(store, &finding->minute, error);
    else if (finding->kind == FINDING_SIGNATURE)
        result = store_write_signature(store, &finding->signature, error);
    else if (finding->kind == FINDING_DELEGATION)
        result = store_write_delegation(store, &finding->delegation, error);
    store->rows++;
    note_time(store, finding);
    return result < 0 ? -1 : store_tick(store, error);
}

int store_finish(struct store *store, struct error *error)
{
    struct statement statement;

    if (store_begin(store, error) < 0 || flush(store, error) < 0 ||
        store_remove_leftovers(store, error) < 0)
        return -1;
    statement = store_statement(store, SQL_FINISH_RUN);
    bind_integer(&statement, store->run);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    return store_commit(store, error);
}
