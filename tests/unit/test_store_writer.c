#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/pack.h"
#include "store/writer.h"
#include "store_fixture.h"

#define SECOND INT64_C(1000000000)

/* What the writer said, one letter a notice. */
struct notices {
    char letters[64];
    char last[256];
};

static void note(void *context, enum writer_notice notice, const char *text)
{
    struct notices *notices = context;

    strcat(notices->letters, notice == WRITER_FAILED ? "F" : "R");
    snprintf(notices->last, sizeof(notices->last), "%s", text);
}

static struct writer *start_writer(struct fixture *fixture, uint64_t queue_bytes,
                                   struct notices *notices)
{
    const struct writer_options options = {
        .store = {.path = fixture->path,
                  .sensor = "tap1",
                  .analyzer_version = "0.1.0",
                  .outage_rows = UINT64_MAX,
                  .hour_rows = UINT64_MAX},
        .queue_bytes = queue_bytes,
        .notice = note,
        .context = notices,
    };
    struct error error = {""};
    struct writer *writer;

    memset(notices, 0, sizeof(*notices));
    writer = writer_open(&options, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(writer_start(writer, &error), 0);
    writer_begin_source(writer, 0, 0xf00d, "eth0");
    return writer;
}

static void add_incidents(struct writer *writer, struct fixture *fixture, unsigned from,
                          unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        fixture->finding.kind = FINDING_INCIDENT;
        sample_incident(&fixture->finding.incident, i);
        writer_add(writer, &fixture->finding);
    }
}

static void finish(struct writer *writer)
{
    struct error error = {""};

    assert_int_equal(writer_finish(writer, 10 * SECOND, &error), 0);
    writer_close(writer);
}

static void pause_ms(unsigned ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

static struct writer_counters counters_of(struct writer *writer)
{
    struct writer_counters counters;

    writer_counters(writer, &counters);
    return counters;
}

/* Waits until so many are committed; gives up after some seconds. */
static void wait_for(struct writer *writer, uint64_t stored)
{
    for (int i = 0; i < 1000 && counters_of(writer).stored_incidents < stored; i++)
        pause_ms(20);
    assert_int_equal(counters_of(writer).stored_incidents, stored);
}

static void wait_until_failing(struct writer *writer)
{
    for (int i = 0; i < 500 && !counters_of(writer).failing; i++)
        pause_ms(20);
    assert_true(counters_of(writer).failing);
}

static void packing_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct finding *finding = &fixture->finding, *unpacked = calloc(1, sizeof(*unpacked));
    uint8_t *bytes = malloc(PACKED_MAX);

    finding->kind = FINDING_INCIDENT;
    sample_incident(&finding->incident, 7);
    /* Member by member, for what lies between them to stay as it is. */
    finding->incident.ede[0].code = 22;
    finding->incident.ede[0].text_size = 1;
    finding->incident.ede[0].text[0] = 0xff;
    finding->incident.ede_count = 1;
    finding->incident.contributing[0].cause = CAUSE_UNREACHABLE_ICMP;
    finding->incident.contributing[0].zone = sample_name("zone.example.");
    finding->incident.contributing[0].servers[0].address = sample_address("2001:db8::1");
    finding->incident.contributing[0].server_count = 1;
    finding->incident.contributing_count = 1;
    assert_true(finding_pack(finding, bytes) < 1200);
    finding_unpack(unpacked, bytes);
    assert_memory_equal(&unpacked->incident, &finding->incident, sizeof(finding->incident));
    free(unpacked);
    free(bytes);
}

static void the_largest_incident_can_be_packed(void **state)
{
    struct fixture *fixture = *state;
    struct incident *incident = &fixture->finding.incident;
    uint8_t *bytes = malloc(PACKED_MAX);

    fixture->finding.kind = FINDING_INCIDENT;
    memset(incident, 0xff, sizeof(*incident));
    incident->ede_count = INCIDENT_EDE_MAX;
    incident->server_count = BLAMED_SERVERS_MAX;
    incident->contributing_count = CONTRIBUTING_MAX;
    for (int i = 0; i < CONTRIBUTING_MAX; i++)
        incident->contributing[i].server_count = 4;
    incident->explanation[EXPLANATION_SIZE - 1] = '\0';
    incident->advice_count = ADVICE_MAX;
    for (int i = 0; i < ADVICE_MAX; i++)
        incident->advice[i][ADVICE_SIZE - 1] = '\0';
    incident->evidence_count = EVIDENCE_MAX;
    assert_true(finding_pack(&fixture->finding, bytes) <= PACKED_MAX);
    free(bytes);
}

static void all_that_is_added_is_stored_within_a_second(void **state)
{
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);

    add_incidents(writer, fixture, 0, 1);
    pause_ms(1500);
    database_says(fixture, "SELECT count(*) FROM incidents", "1");
    add_incidents(writer, fixture, 1, 2000);
    finish(writer);
    database_says(fixture, "SELECT count(*) FROM incidents", "2000");
    database_says(fixture, "SELECT finished FROM runs", "1");
    assert_string_equal(notices.letters, "");
}

static sqlite3 *lock_database(struct fixture *fixture)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 5000);
    assert_int_equal(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return database;
}

static void a_locked_database_is_said_once_and_caught_up_with(void **state)
{
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);
    sqlite3 *other;

    add_incidents(writer, fixture, 0, 100);
    wait_for(writer, 100);
    other = lock_database(fixture);
    add_incidents(writer, fixture, 100, 300);
    wait_until_failing(writer);
    add_incidents(writer, fixture, 300, 500);
    pause_ms(1500);
    assert_string_equal(notices.letters, "F");
    assert_non_null(strstr(notices.last, "locked"));
    sqlite3_close(other);
    wait_for(writer, 500);
    finish(writer);
    assert_string_equal(notices.letters, "FR");
    assert_non_null(strstr(notices.last, " 0 incidents were given up"));
    database_says(fixture, "SELECT count(*) FROM incidents", "500");
    database_says(fixture, "SELECT sum(incidents) FROM outage_counts", "500");
}

static void what_there_is_no_room_for_is_given_up_oldest_first_and_counted(void **state)
{
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 200 << 10, &notices);
    struct writer_counters counters;
    char text[64];
    sqlite3 *other;

    add_incidents(writer, fixture, 0, 10);
    wait_for(writer, 10);
    other = lock_database(fixture);
    add_incidents(writer, fixture, 10, 11);
    wait_until_failing(writer);
    add_incidents(writer, fixture, 11, 2000);
    counters = counters_of(writer);
    assert_true(counters.commit_time_ns > 0);
    assert_int_equal(counters.queue_bytes_limit, 200 << 10);
    assert_true(counters.given_up_incidents > 1000);
    assert_true(counters.queue_bytes_max <= (200 << 10) + 4096);
    sqlite3_close(other);
    finish(writer);
    snprintf(text, sizeof(text), "%d", (int)(2000 - counters.given_up_incidents));
    database_says(fixture, "SELECT count(*) FROM incidents", text);
    snprintf(text, sizeof(text), "%d", (int)counters.given_up_incidents);
    database_says(fixture, "SELECT sum(unstored_incidents) FROM health", text);
    /* The last is there, as is the one that was under way. */
    database_says(fixture, "SELECT max(identity) - min(identity) FROM incidents", "1999");
}

static void health_that_waits_for_long_adds_up_and_takes_no_room(void **state)
{
    struct fixture *fixture = *state;
    const struct health_minute minute = {.minute_ns = 60 * SECOND, .packets = 3, .evicted = 1};
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);
    struct source_health health = {.packets = 0};
    sqlite3 *other;

    add_incidents(writer, fixture, 0, 1);
    wait_for(writer, 1);
    other = lock_database(fixture);
    add_incidents(writer, fixture, 1, 2);
    wait_until_failing(writer);
    for (unsigned i = 0; i < 5000; i++) {
        writer_add_health(writer, 0, &minute);
        health.packets += 3;
        writer_set_health(writer, 0, &health);
    }
    assert_true(counters_of(writer).queue_bytes_max < 64 << 10);
    sqlite3_close(other);
    finish(writer);
    database_says(fixture, "SELECT packets || ' ' || evicted FROM health", "15000 5000");
    database_says(fixture, "SELECT packets FROM sources", "15000");
}

static void a_full_disk_is_waited_out(void **state)
{
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);
    struct rlimit before, small;

    signal(SIGXFSZ, SIG_IGN);
    add_incidents(writer, fixture, 0, 10);
    wait_for(writer, 10);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){.rlim_cur = 300 << 10, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    add_incidents(writer, fixture, 10, 1500);
    wait_until_failing(writer);
    setrlimit(RLIMIT_FSIZE, &before);
    wait_for(writer, 1500);
    finish(writer);
    assert_string_equal(notices.letters, "FR");
    database_says(fixture, "SELECT count(*) FROM incidents", "1500");
    database_says(fixture, "PRAGMA integrity_check", "ok");
}

static void finishing_does_not_wait_for_ever(void **state)
{
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);
    struct error error = {""};
    time_t begun = time(NULL);
    sqlite3 *other;

    add_incidents(writer, fixture, 0, 1);
    wait_for(writer, 1);
    other = lock_database(fixture);
    add_incidents(writer, fixture, 1, 8);
    assert_int_equal(writer_finish(writer, SECOND, &error), -1);
    assert_true(time(NULL) - begun < 30);
    assert_non_null(strstr(error.text, "7 incidents could not be stored"));
    writer_close(writer);
    sqlite3_close(other);
    database_says(fixture, "SELECT count(*) FROM incidents", "1");
}

static atomic_uint refused_writes;

/* In place of pwrite(2), for SQLite: a full disk. */
static ssize_t refuse_write(int file, const void *bytes, size_t size, off_t offset)
{
    (void)file;
    (void)bytes;
    (void)size;
    (void)offset;
    refused_writes++;
    errno = ENOSPC;
    return -1;
}

static void set_write(sqlite3_syscall_ptr write)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

    vfs->xSetSystemCall(vfs, "pwrite", write);
    vfs->xSetSystemCall(vfs, "pwrite64", write);
}

static void a_full_disk_is_not_tried_without_a_pause_at_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);

    add_incidents(writer, fixture, 0, 10);
    wait_for(writer, 10);
    set_write((sqlite3_syscall_ptr)refuse_write);
    add_incidents(writer, fixture, 10, 11);
    wait_until_failing(writer);
    assert_int_equal(writer_finish(writer, 2 * SECOND, NULL), -1);
    writer_close(writer);
    set_write(NULL);
    assert_in_range(refused_writes, 2, 250);
}

/* In place of the library's, for SQLite: a disk that does not answer. */
static atomic_bool disk_hangs;

int fdatasync(int file)
{
    while (disk_hangs)
        pause_ms(60000);
    return fsync(file);
}

static void a_disk_that_does_not_answer_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);
    struct error error = {""};
    time_t begun;

    add_incidents(writer, fixture, 0, 1);
    wait_for(writer, 1);
    disk_hangs = true;
    add_incidents(writer, fixture, 1, 8);
    pause_ms(1200);
    begun = time(NULL);
    assert_int_equal(writer_finish(writer, SECOND, &error), -1);
    assert_true(time(NULL) - begun < 20);
    disk_hangs = false; /* for all but who hangs in it */
    assert_non_null(strstr(error.text, "the disk does not answer"));
    assert_non_null(strstr(error.text, "7 incidents could not be stored"));
    writer_close(writer);
}

static void what_the_database_never_takes_does_not_hold_up_the_rest(void **state)
{
    const struct health_minute minute = {.minute_ns = 60 * SECOND, .packets = 3};
    const struct source_health health = {.packets = 3};
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);

    fixture->finding.kind = FINDING_INCIDENT;
    sample_incident(&fixture->finding.incident, 1);
    fixture->finding.incident.source = 5; /* was never begun */
    writer_add(writer, &fixture->finding);
    writer_set_health(writer, 5, &health);
    writer_add_health(writer, 5, &minute);
    add_incidents(writer, fixture, 2, 20);
    wait_for(writer, 18);
    assert_int_equal(counters_of(writer).given_up_incidents, 1);
    finish(writer);
}

/* Minutes are written with the commit, behind incidents that were added after them. */
static void a_row_that_is_never_taken_takes_no_others_with_it(void **state)
{
    struct fixture *fixture = *state;
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);
    struct writer_counters counters;
    sqlite3 *database;

    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 5000);
    assert_int_equal(sqlite3_exec(database,
                                  "CREATE TRIGGER never BEFORE INSERT ON minutes "
                                  "WHEN NEW.queries = 666 "
                                  "BEGIN SELECT RAISE(ABORT, 'never'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    add_incidents(writer, fixture, 0, 5);
    fixture->finding.kind = FINDING_MINUTE;
    fixture->finding.minute = sample_minute(0, 666);
    writer_add(writer, &fixture->finding);
    add_incidents(writer, fixture, 5, 20);
    wait_for(writer, 20);
    for (int i = 0; i < 500 && counters_of(writer).queue_bytes > 0; i++)
        pause_ms(20);
    counters = counters_of(writer);
    assert_int_equal(counters.given_up_incidents, 0);
    assert_int_equal(counters.given_up_others, 1);
    assert_false(counters.failing);
    sqlite3_close(database);
    finish(writer);
    database_says(fixture, "SELECT sum(unstored_others) FROM health", "1");
}

static void take_outage(void *context, const struct outage_change *outage)
{
    struct outage_change *outages = context;

    outages[outages[0].identity == 0 ? 0 : 1] = *outage;
}

static void outages_that_go_on_are_told_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct outage_change outages[2] = {{.closed = false}};
    struct notices notices;
    struct writer *writer = start_writer(fixture, 0, &notices);
    struct store *store;

    add_incidents(writer, fixture, 0, 5);
    fixture->finding.incident.outage = 77;
    fixture->finding.incident.identity = 4711;
    fixture->finding.incident.time_ns -= 3600 * SECOND;
    writer_add(writer, &fixture->finding);
    finish(writer);
    store = open_store(fixture);
    assert_int_equal(store_open_outages(store, SAMPLE_TIME_NS, take_outage, outages, NULL), 0);
    store_close(store);
    assert_int_equal(outages[0].identity, UINT64_C(0x8000000000000001));
    assert_int_equal(outages[1].identity, 0);
    assert_int_equal(outages[0].cause, CAUSE_LAME_REFUSED);
    assert_int_equal(outages[0].first_time_ns, SAMPLE_TIME_NS);
    assert_int_equal(outages[0].last_time_ns, SAMPLE_TIME_NS + 4 * SECOND);
    assert_int_equal(outages[0].incidents, 5);
    assert_int_equal(outages[0].server_count, 1);
    assert_true(name_equal(&outages[0].zone, &(struct name){0}) == false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(packing_loses_nothing),
        WITH_FOLDER(the_largest_incident_can_be_packed),
        WITH_FOLDER(all_that_is_added_is_stored_within_a_second),
        WITH_FOLDER(a_locked_database_is_said_once_and_caught_up_with),
        WITH_FOLDER(what_there_is_no_room_for_is_given_up_oldest_first_and_counted),
        WITH_FOLDER(health_that_waits_for_long_adds_up_and_takes_no_room),
        WITH_FOLDER(a_full_disk_is_waited_out),
        WITH_FOLDER(finishing_does_not_wait_for_ever),
        WITH_FOLDER(a_full_disk_is_not_tried_without_a_pause_at_the_end),
        WITH_FOLDER(what_the_database_never_takes_does_not_hold_up_the_rest),
        WITH_FOLDER(a_row_that_is_never_taken_takes_no_others_with_it),
        WITH_FOLDER(outages_that_go_on_are_told_after_a_restart),
        WITH_FOLDER(a_disk_that_does_not_answer_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
