/* A database in a folder of its own, for the tests of the store. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "samples.h"
#include "store/sketch_sql.h"
#include "store/store.h"

struct fixture {
    char folder[64];
    char path[96];
    struct finding finding;
};

static inline int make_folder(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof(fixture->folder), "%s/dnsblame-test-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/x.db", fixture->folder);
    *state = fixture;
    return 0;
}

static inline int remove_folder(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    struct fixture *fixture = *state;
    char path[128];

    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s%s", fixture->path, suffixes[i]);
        unlink(path);
    }
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

#define WITH_FOLDER(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

static inline struct store *open_store(struct fixture *fixture)
{
    const struct store_options options = {
        .path = fixture->path, .sensor = "tap1", .analyzer_version = "0.1.0"};
    struct error error = {""};
    struct store *store = store_open(&options, &error);

    assert_string_equal(error.text, "");
    assert_non_null(store);
    return store;
}

static inline void refuses_to_open(struct fixture *fixture, const char *because)
{
    const struct store_options options = {
        .path = fixture->path, .sensor = "tap1", .analyzer_version = "0.1.0"};
    struct error error = {""};

    assert_null(store_open(&options, &error));
    assert_non_null(strstr(error.text, fixture->path));
    assert_non_null(strstr(error.text, because));
}

static inline void add_incident(struct store *store, struct fixture *fixture)
{
    fixture->finding.kind = FINDING_INCIDENT;
    assert_int_equal(store_add(store, &fixture->finding, NULL), 0);
}

static inline void add_minute(struct store *store, struct fixture *fixture,
                              struct minute_counters minute)
{
    fixture->finding.kind = FINDING_MINUTE;
    fixture->finding.minute = minute;
    assert_int_equal(store_add(store, &fixture->finding, NULL), 0);
}

/* What a query says, as text of one value: "" for no row. */
static inline void database_text(struct fixture *fixture, const char *sql, char *text, size_t size)
{
    sqlite3 *database;
    sqlite3_stmt *statement;

    text[0] = '\0';
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(sketch_add_functions(database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        snprintf(text, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(database);
}

static inline void database_says(struct fixture *fixture, const char *sql, const char *expected)
{
    char text[1024];

    database_text(fixture, sql, text, sizeof(text));
    assert_string_equal(text, expected);
}

static inline void change_database(struct fixture *fixture, const char *sql)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

/* A reading of one capture with `incidents` incidents and a minute of `queries`. */
static inline void read_capture(struct fixture *fixture, uint64_t fingerprint, unsigned incidents,
                                uint64_t queries)
{
    struct store *store = open_store(fixture);

    assert_int_equal(store_begin_source(store, 0, fingerprint, "a.pcap", NULL), 0);
    for (unsigned i = 0; i < incidents; i++) {
        sample_incident(&fixture->finding.incident, i);
        add_incident(store, fixture);
    }
    add_minute(store, fixture, sample_minute(0, queries));
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);
}

#endif
