#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "store_fixture.h"

#define HOUR_NS (INT64_C(3600) * 1000000000)
#define DAY_NS  (24 * HOUR_NS)
#define MIB     (UINT64_C(1) << 20)

/* What the clocks say, as far as a test sets them; linked in place of the library's. */
static int64_t set_wall_ns, set_uptime_ns;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __real_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t time_ns = clock == CLOCK_REALTIME ? set_wall_ns : set_uptime_ns;

    if (set_wall_ns == 0 || (clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME))
        return __real_clock_gettime(clock, now);
    *now = (struct timespec){.tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000};
    return 0;
}

static void set_clock(unsigned hour)
{
    set_wall_ns = hour * HOUR_NS;
}

static int remove_folder_and_clock(void **state)
{
    set_wall_ns = set_uptime_ns = 0;
    return remove_folder(state);
}

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

/* Hours of watching, as the clock goes, each with its rows. */
static void watch_hours(struct store *store, struct fixture *fixture, unsigned hours)
{
    for (unsigned i = 0; i < hours; i++) {
        set_uptime_ns += HOUR_NS;
        set_wall_ns += HOUR_NS;
        add_hour(store, fixture, (unsigned)(set_wall_ns / HOUR_NS) - 1);
    }
    trim_all(store);
}

#define HOUR_2026 490896
#define YEAR      (365 * 24)

static void a_clock_that_jumps_ahead_takes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;

    set_clock(HOUR_2026 + 100);
    store = open_keeping(fixture, 2 * DAY_NS, 0);
    watch_hours(store, fixture, 3);
    set_clock(HOUR_2026 + YEAR);
    watch_hours(store, fixture, 3);
    database_says(fixture, "SELECT count(*) FROM incidents", "240");
    set_clock(HOUR_2026 + 100 + 6);
    watch_hours(store, fixture, 1);
    database_says(fixture, "SELECT count(*) FROM incidents", "280");
    store_close(store);
}

static void hours_of_watching_age_what_was_before(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;

    set_clock(HOUR_2026 + 100);
    store = open_keeping(fixture, 2 * DAY_NS, 0);
    watch_hours(store, fixture, 60);
    store_close(store);
    database_says(fixture, "SELECT count(*) FROM incidents", "1920");
}

static void a_clock_that_was_not_set_yet_is_believed_once_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;

    set_clock(HOUR_2026 + 100);
    store = open_keeping(fixture, 2 * DAY_NS, 0);
    watch_hours(store, fixture, 2);
    store_close(store);
    set_clock(1);
    store = open_keeping(fixture, 2 * DAY_NS, 0);
    watch_hours(store, fixture, 2);
    database_says(fixture, "SELECT count(*) FROM incidents", "160");
    set_clock(HOUR_2026 + 1000);
    watch_hours(store, fixture, 3);
    database_says(fixture, "SELECT count(*) FROM incidents", "120");
    set_clock(HOUR_2026 + YEAR);
    watch_hours(store, fixture, 1);
    store_close(store);
    database_says(fixture, "SELECT count(*) FROM incidents", "160");
}

static void what_is_watched_once_the_clock_is_set_back_stays(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;

    set_clock(HOUR_2026 + YEAR);
    store = open_keeping(fixture, 2 * DAY_NS, 0);
    watch_hours(store, fixture, 2);
    set_clock(HOUR_2026 + 100);
    watch_hours(store, fixture, 3);
    store_close(store);
    database_says(fixture, "SELECT count(*) FROM incidents", "200");
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder_and_clock)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_older_than_the_days_to_keep_goes),
        CASE(a_clock_that_jumps_ahead_takes_nothing),
        CASE(hours_of_watching_age_what_was_before),
        CASE(a_clock_that_was_not_set_yet_is_believed_once_it_is),
        CASE(what_is_watched_once_the_clock_is_set_back_stays),
        CASE(without_limits_nothing_goes),
        CASE(a_step_is_short),
        CASE(the_file_stays_under_its_size_for_months),
        CASE(a_file_that_is_too_large_shrinks),
        CASE(a_reader_that_stays_does_not_let_the_wal_grow_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
