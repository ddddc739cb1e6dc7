#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include <pthread.h>

#include "store/loader.h"
#include "store_fixture.h"

static struct loader *open_loader(struct fixture *fixture)
{
    const struct store_options options = {.path = fixture->path,
                                          .sensor = "tap1",
                                          .analyzer_version = "0.1.0",
                                          .outage_rows = UINT64_MAX,
                                          .hour_rows = UINT64_MAX};
    struct error error = {""};
    struct loader *loader = loader_open(&options, 0, &error);

    assert_string_equal(error.text, "");
    assert_int_equal(loader_begin_source(loader, 0, 0xf00d, "a.pcap", NULL), 0);
    return loader;
}

/* Until the first failure. */
static int add_incidents(struct loader *loader, struct fixture *fixture, unsigned count,
                         struct error *error)
{
    fixture->finding.kind = FINDING_INCIDENT;
    for (unsigned i = 0; i < count; i++) {
        sample_incident(&fixture->finding.incident, i);
        if (loader_add(loader, &fixture->finding, error) < 0)
            return -1;
    }
    return 0;
}

static void pause_ms(unsigned ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

static void all_kinds_arrive(void **state)
{
    struct fixture *fixture = *state;
    struct loader *loader = open_loader(fixture);
    const struct source_health health = {.packets = 4711};

    assert_int_equal(add_incidents(loader, fixture, 5000, NULL), 0);
    fixture->finding.kind = FINDING_MINUTE;
    fixture->finding.minute = sample_minute(0, 12);
    assert_int_equal(loader_add(loader, &fixture->finding, NULL), 0);
    assert_int_equal(loader_begin_source(loader, 1, 0xbeef, "b.pcap", NULL), 0);
    fixture->finding.minute = sample_minute(0, 30);
    fixture->finding.minute.source = 1;
    assert_int_equal(loader_add(loader, &fixture->finding, NULL), 0);
    assert_int_equal(loader_set_health(loader, 1, &health, NULL), 0);
    assert_int_equal(loader_finish(loader, NULL), 0);
    loader_close(loader);
    database_says(fixture, "SELECT count(*) || ' ' || sum(weight) FROM incidents", "5000 5000");
    database_says(fixture, "SELECT group_concat(queries) FROM minutes ORDER BY source", "12,30");
    database_says(fixture, "SELECT group_concat(name || ' ' || packets) FROM sources",
                  "a.pcap 0,b.pcap 4711");
    database_says(fixture, "SELECT finished FROM runs", "1");
}

static void little_does_not_wait_for_more(void **state)
{
    struct fixture *fixture = *state;
    struct loader *loader = open_loader(fixture);
    char count[16] = "";

    assert_int_equal(add_incidents(loader, fixture, 1, NULL), 0);
    for (int i = 0; i < 1000 && strcmp(count, "1") != 0; i++) {
        pause_ms(20);
        assert_int_equal(loader_tick(loader, NULL), 0);
        database_text(fixture, "SELECT count(*) FROM incidents", count, sizeof(count));
    }
    assert_string_equal(count, "1");
    loader_close(loader);
}

/* Somebody else holds the database for a while. */
static void *hold_database(void *context)
{
    sqlite3 *database = context;

    pause_ms(1000);
    sqlite3_close(database);
    return NULL;
}

static void a_locked_database_is_waited_for_and_nothing_given_up(void **state)
{
    struct fixture *fixture = *state;
    struct loader *loader = open_loader(fixture);
    pthread_t holder;
    sqlite3 *other;

    assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 5000);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(pthread_create(&holder, NULL, hold_database, other), 0);
    assert_int_equal(add_incidents(loader, fixture, 5000, NULL), 0);
    assert_int_equal(loader_finish(loader, NULL), 0);
    pthread_join(holder, NULL);
    loader_close(loader);
    database_says(fixture, "SELECT count(*) FROM incidents", "5000");
}

static void a_full_disk_is_said_and_what_was_committed_stays(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {""};
    struct rlimit before, small;
    struct loader *loader;

    read_capture(fixture, 0xbeef, 3, 1);
    loader = open_loader(fixture);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){.rlim_cur = 400 << 10, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    if (add_incidents(loader, fixture, 50000, &error) == 0)
        assert_int_equal(loader_finish(loader, &error), -1);
    loader_close(loader);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_non_null(strstr(error.text, fixture->path));
    database_says(fixture, "PRAGMA integrity_check", "ok");
    database_says(fixture, "SELECT count(*) >= 3 FROM incidents", "1");
    database_says(fixture, "SELECT group_concat(finished) FROM runs", "1,0");
}

static void what_the_database_refuses_is_said_at_the_end_at_the_latest(void **state)
{
    struct fixture *fixture = *state;
    struct loader *loader = open_loader(fixture);
    struct error error = {""};

    sample_incident(&fixture->finding.incident, 1);
    fixture->finding.kind = FINDING_INCIDENT;
    fixture->finding.incident.source = 5; /* was never begun */
    assert_int_equal(loader_add(loader, &fixture->finding, &error), 0);
    assert_int_equal(loader_finish(loader, &error), -1);
    assert_string_not_equal(error.text, "");
    loader_close(loader);
}

static void what_is_broken_off_is_not_called_finished(void **state)
{
    struct fixture *fixture = *state;
    struct loader *loader = open_loader(fixture);

    assert_int_equal(add_incidents(loader, fixture, 100, NULL), 0);
    loader_close(loader);
    database_says(fixture, "SELECT count(*) FROM incidents", "0");
    database_says(fixture, "SELECT finished FROM runs", "0");
}

static void a_database_that_cannot_be_opened_is_said_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options options = {
        .path = fixture->folder, .sensor = "tap1", .analyzer_version = "0.1.0"};
    struct error error = {""};

    assert_null(loader_open(&options, 0, &error));
    assert_non_null(strstr(error.text, fixture->folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(all_kinds_arrive),
        WITH_FOLDER(little_does_not_wait_for_more),
        WITH_FOLDER(a_locked_database_is_waited_for_and_nothing_given_up),
        WITH_FOLDER(a_full_disk_is_said_and_what_was_committed_stays),
        WITH_FOLDER(what_the_database_refuses_is_said_at_the_end_at_the_latest),
        WITH_FOLDER(what_is_broken_off_is_not_called_finished),
        WITH_FOLDER(a_database_that_cannot_be_opened_is_said_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
