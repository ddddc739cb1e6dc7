#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "store_fixture.h"

#define HOUR_NS (INT64_C(3600) * 1000000000)
#define DAY_NS  (24 * HOUR_NS)
#define MIB     (UINT64_C(1) << 20)

static struct store *open_keeping(struct fixture *fixture, int64_t keep_ns, uint64_t max_bytes)
{
    const struct store_options options = {.path = fixture->path,
                                          .sensor = "tap1",
                                          .analyzer_version = "0.1.0",
                                          .keep_ns = keep_ns,
                                          .max_bytes = max_bytes};
    struct store *store = store_open(&options, NULL);

    assert_non_null(store);
    assert_int_equal(store_begin_source(store, 0, 0xf00d, "eth0", NULL), 0);
    return store;
}

/* An hour of a busy resolver: an outage of its own, and what its servers did. */
static void add_hour(struct store *store, struct fixture *fixture, unsigned hour)
{
    int64_t begun_ns = hour * HOUR_NS;

    for (unsigned i = 0; i < 40; i++) {
        struct incident *incident = &fixture->finding.incident;

        sample_incident(incident, i);
        incident->identity = hour * 1000 + i + 1;
        incident->outage = hour + 1;
        incident->time_ns = begun_ns + SAMPLE_MS(1000) * i;
        add_incident(store, fixture);
    }
    for (unsigned i = 0; i < 60; i++) {
        struct minute_counters minute = sample_minute(begun_ns + i * HOUR_NS / 60, 100);

        add_minute(store, fixture, minute);
        minute.is_resolver = false;
        minute.server.bytes[15] = (uint8_t)i;
        add_minute(store, fixture, minute);
    }
    assert_int_equal(store_commit(store, NULL), 0);
}

static void trim_all(struct store *store)
{
    int status, steps = 0;

    while ((status = store_trim(store, NULL)) == 1)
        assert_true(++steps < 10000);
    assert_int_equal(status, 0);
}

static uint64_t bytes_on_disk(const struct fixture *fixture)
{
    static const char *const suffixes[] = {"", "-wal"};
    uint64_t bytes = 0;

    for (int i = 0; i < 2; i++) {
        char path[128];
        struct stat status;

        snprintf(path, sizeof(path), "%s%s", fixture->path, suffixes[i]);
        if (stat(path, &status) == 0)
            bytes += (uint64_t)status.st_size;
    }
    return bytes;
}

static void what_is_older_than_the_days_to_keep_goes(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_keeping(fixture, 2 * DAY_NS, 0);

    for (unsigned hour = 0; hour < 96; hour += 8)
        add_hour(store, fixture, hour);
    trim_all(store);
    store_close(store);
    database_says(fixture, "SELECT min(time_ns) / 3600000000000 FROM incidents", "48");
    database_says(fixture, "SELECT min(quarter_ns) / 3600000000000 FROM outage_counts", "48");
    database_says(fixture, "SELECT min(minute_ns) / 60000000000 FROM minutes", "2459");
    database_says(fixture, "SELECT min(minute_ns) / 3600000000000 FROM servfails", "48");
    database_says(fixture, "SELECT count(*) FROM outages", "6");
    database_says(fixture, "SELECT count(*) FROM evidence", "240");
    database_says(fixture, "SELECT count(*) FROM incident_servers", "240");
    database_says(fixture, "SELECT count(*) FROM outage_servers", "6");
}

static void without_limits_nothing_goes(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_keeping(fixture, 0, 0);

    for (unsigned hour = 0; hour < 9600; hour += 800)
        add_hour(store, fixture, hour);
    trim_all(store);
    store_close(store);
    database_says(fixture, "SELECT count(*) FROM incidents", "480");
}

static void a_step_is_short(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_keeping(fixture, HOUR_NS, 0);

    for (unsigned hour = 0; hour < 20; hour++)
        add_hour(store, fixture, hour);
    assert_int_equal(store_trim(store, NULL), 1);
    store_close(store);
    database_says(fixture, "SELECT count(*) FROM incidents", "600");
}

/* Half a year, of which a tenth finds room. */
static void the_file_stays_under_its_size_for_months(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_keeping(fixture, 0, 8 * MIB);
    const unsigned hours = 180 * 24;
    uint64_t most = 0;
    char text[32];

    for (unsigned hour = 0; hour < hours; hour += 6) {
        add_hour(store, fixture, hour);
        for (int step = 0; step < 2; step++)
            assert_true(store_trim(store, NULL) >= 0);
        if (most < bytes_on_disk(fixture))
            most = bytes_on_disk(fixture);
    }
    store_close(store);
    assert_in_range(most, 5 * MIB, 8 * MIB);
    snprintf(text, sizeof(text), "%u", hours - 6);
    database_says(fixture, "SELECT max(time_ns) / 3600000000000 FROM incidents", text);
    database_says(fixture, "SELECT count(*) > 1000 FROM incidents", "1");
    database_says(fixture, "PRAGMA integrity_check", "ok");
    database_says(fixture, "PRAGMA foreign_key_check", "");
}

static void a_file_that_is_too_large_shrinks(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_keeping(fixture, 0, 0);

    for (unsigned hour = 0; hour < 240; hour++)
        add_hour(store, fixture, hour);
    store_close(store);
    assert_true(bytes_on_disk(fixture) > 8 * MIB);
    store = open_keeping(fixture, 0, 4 * MIB);
    add_hour(store, fixture, 241);
    trim_all(store);
    store_close(store);
    assert_true(bytes_on_disk(fixture) <= 4 * MIB);
}

static void a_reader_that_stays_does_not_let_the_wal_grow_for_ever(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_keeping(fixture, 0, 8 * MIB);
    struct error error = {""};
    sqlite3 *reader;
    int status = 0;

    store_set_patience(store, 10);
    add_hour(store, fixture, 0);
    assert_int_equal(sqlite3_open(fixture->path, &reader), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM incidents", NULL, NULL, NULL), SQLITE_OK);
    for (unsigned i = 0; i < 20000 && status == 0; i++) {
        sample_incident(&fixture->finding.incident, i);
        fixture->finding.incident.identity = i + 1000000;
        fixture->finding.kind = FINDING_INCIDENT;
        status = store_add(store, &fixture->finding, &error);
        if (status == 0 && i % 10 == 0)
            status = store_commit(store, &error);
    }
    assert_int_equal(status, -1);
    assert_non_null(strstr(error.text, "-wal: is 1 MiB long"));
    assert_true(bytes_on_disk(fixture) < 8 * MIB);
    sqlite3_close(reader);
    store_rollback(store);
    assert_int_equal(store_add(store, &fixture->finding, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    store_close(store);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_older_than_the_days_to_keep_goes),
        CASE(without_limits_nothing_goes),
        CASE(a_step_is_short),
        CASE(the_file_stays_under_its_size_for_months),
        CASE(a_file_that_is_too_large_shrinks),
        CASE(a_reader_that_stays_does_not_let_the_wal_grow_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
