#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/schema.h"
#include "store/store.h"
#include "store_fixture.h"

static void a_new_database_is_marked_versioned_and_ready_for_retention(void **state)
{
    struct fixture *fixture = *state;

    store_close(open_store(fixture));
    database_says(fixture, "PRAGMA application_id", "1145983810");
    database_says(fixture, "PRAGMA user_version", "4");
    database_says(fixture, "PRAGMA journal_mode", "wal");
    database_says(fixture, "PRAGMA auto_vacuum", "2");
    database_says(
        fixture,
        "SELECT count(*) FROM pragma_table_list "
        "WHERE type = 'table' AND schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite_%'",
        "0");
}

static void a_database_of_a_newer_version_is_refused_naming_both(void **state)
{
    struct fixture *fixture = *state;

    store_close(open_store(fixture));
    change_database(fixture, "PRAGMA user_version = 99");
    refuses_to_open(fixture, "schema version 99");
    refuses_to_open(fixture, "up to 4");
    database_says(fixture, "PRAGMA user_version", "99");
}

static void another_programs_database_is_refused_untouched(void **state)
{
    struct fixture *fixture = *state;

    change_database(fixture, "CREATE TABLE theirs (x)");
    refuses_to_open(fixture, "not a dnsblame database");
    database_says(fixture, "SELECT count(*) FROM sqlite_schema", "1");
}

static void a_file_that_is_no_database_is_refused_untouched(void **state)
{
    struct fixture *fixture = *state;
    FILE *file = fopen(fixture->path, "w");
    char line[64] = "";

    fputs("not a database, but a text that is long enough\n", file);
    fclose(file);
    refuses_to_open(fixture, "not a dnsblame database");
    file = fopen(fixture->path, "r");
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    assert_string_equal(line, "not a database, but a text that is long enough\n");
}

static void an_incident_is_stored_with_all_that_belongs_to_it(void **state)
{
    struct fixture *fixture = *state;
    struct incident *incident = &fixture->finding.incident;
    struct store *store = open_store(fixture);

    assert_int_equal(store_begin_source(store, 3, 0xf00d, "a.pcap", NULL), 0);
    sample_incident(incident, 0);
    incident->source = incident->query_source = 3;
    incident->evidence[0].source = incident->evidence[0].response_source = 3;
    incident->origin = UINT64_MAX;
    incident->ede[0] = (struct incident_ede){.code = 22, .text_size = 3, .text = {0, 0xff, 'x'}};
    incident->ede_count = 1;
    incident->contributing[0].cause = CAUSE_UNREACHABLE_ICMP;
    incident->contributing[0].servers[0].address = sample_address("2001:db8::1");
    incident->contributing[0].server_count = 1;
    incident->contributing_count = 1;
    add_incident(store, fixture);
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);

    database_says(fixture, "SELECT printf('%016x', identity) FROM incidents", "fedcba9876540000");
    database_says(fixture, "SELECT origin FROM incidents", "-1");
    database_says(fixture, "SELECT qname || ' ' || qtype FROM incidents", "www.example.com. 1");
    database_says(fixture, "SELECT name FROM incidents JOIN sources ON sources.id = source",
                  "a.pcap");
    database_says(fixture, "SELECT name FROM evidence JOIN sources ON sources.id = source",
                  "a.pcap");
    database_says(fixture, "SELECT hex(text) FROM incident_ede", "00FF78");
    database_says(fixture, "SELECT group_concat(part || address) FROM incident_servers",
                  "0192.0.2.53,12001:db8::1");
    database_says(fixture, "SELECT zone IS NULL FROM incident_contributing", "1");
    database_says(fixture, "SELECT sensor FROM incidents JOIN runs ON runs.id = run", "tap1");
    database_says(fixture, "SELECT advice FROM incidents",
                  "Tell the zone's operator.\ndig @192.0.2.53 example.com. SOA +norecurse");
}

static void reading_a_capture_twice_doubles_nothing(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 2; i++) {
        read_capture(fixture, 0xf00d, 5, 100);
        database_says(fixture, "SELECT count(*) FROM sources", "1");
        database_says(fixture, "SELECT count(*) FROM incidents", "5");
        database_says(fixture, "SELECT count(*) FROM evidence", "5");
        database_says(fixture, "SELECT sum(incidents) FROM outage_counts", "5");
        database_says(fixture, "SELECT sum(queries) FROM minutes", "100");
    }
}

static void two_captures_add_up(void **state)
{
    struct fixture *fixture = *state;

    read_capture(fixture, 0xf00d, 5, 100);
    read_capture(fixture, 0xbeef, 0, 30);
    database_says(fixture, "SELECT sum(queries) FROM minutes", "130");
    database_says(fixture, "SELECT count(*) FROM incidents", "5");
}

static void a_minute_that_comes_in_parts_adds_up_within_a_run(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 2; i++) {
        struct store *store = open_store(fixture);

        assert_int_equal(store_begin_source(store, 0, 1, "a.pcap", NULL), 0);
        add_minute(store, fixture, sample_minute(0, 10));
        add_minute(store, fixture, sample_minute(0, 7));
        assert_int_equal(store_finish(store, NULL), 0);
        store_close(store);
    }
    database_says(fixture, "SELECT queries || ' ' || rcode_0 || ' ' || latency_3 FROM minutes",
                  "17 17 17");
}

static void a_later_verdict_replaces_the_earlier_and_moves_the_counts(void **state)
{
    struct fixture *fixture = *state;
    struct incident *incident = &fixture->finding.incident;
    struct store *store;

    read_capture(fixture, 0xf00d, 3, 100);
    store = open_store(fixture);
    assert_int_equal(store_begin_source(store, 0, 0xf00d, "a.pcap", NULL), 0);
    for (unsigned i = 0; i < 3; i++) {
        sample_incident(incident, i);
        if (i == 1) {
            incident->cause = CAUSE_ZONE_SERVFAIL;
            incident->outage = 77;
            incident->evidence_count = 0;
        }
        add_incident(store, fixture);
    }
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);

    database_says(fixture, "SELECT count(*) FROM incidents", "3");
    database_says(fixture, "SELECT count(*) FROM evidence", "2");
    database_says(fixture, "SELECT cause FROM incidents WHERE outage = 77", "zone.servfail");
    database_says(fixture, "SELECT count(*) FROM outage_servers WHERE outage <> 77", "1");
    database_says(fixture,
                  "SELECT group_concat(incidents) FROM (SELECT incidents FROM outage_counts "
                  "ORDER BY incidents)",
                  "1,2");
}

static void what_a_source_no_longer_gives_goes(void **state)
{
    struct fixture *fixture = *state;

    read_capture(fixture, 0xf00d, 5, 100);
    read_capture(fixture, 0xf00d, 2, 100);
    database_says(fixture, "SELECT count(*) FROM incidents", "2");
    database_says(fixture, "SELECT sum(incidents) FROM outage_counts", "2");
    database_says(fixture, "SELECT group_concat(address) FROM outage_servers", "192.0.2.53");
    database_says(fixture, "SELECT (last_time_ns - first_time_ns) / 1000000 FROM outages", "1000");
    read_capture(fixture, 0xf00d, 0, 100);
    database_says(fixture, "SELECT count(*) FROM outages", "0");
    database_says(fixture, "SELECT count(*) FROM outage_servers", "0");
}

static void what_another_source_gave_stays(void **state)
{
    struct fixture *fixture = *state;

    read_capture(fixture, 0xf00d, 5, 100);
    read_capture(fixture, 0xbeef, 0, 1);
    read_capture(fixture, 0xbeef, 0, 1);
    database_says(fixture, "SELECT count(*) FROM incidents", "5");
    database_says(fixture, "SELECT sum(incidents) FROM outage_counts", "5");
}

static void a_run_that_was_cut_off_keeps_what_was_there_and_is_made_good(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;

    read_capture(fixture, 0xf00d, 5, 100);
    store = open_store(fixture);
    assert_int_equal(store_begin_source(store, 0, 0xf00d, "a.pcap", NULL), 0);
    sample_incident(&fixture->finding.incident, 0);
    add_incident(store, fixture);
    assert_int_equal(store_commit(store, NULL), 0);
    store_close(store);
    database_says(fixture, "SELECT count(*) FROM incidents", "5");
    database_says(fixture, "SELECT sum(queries) FROM minutes", "100");
    read_capture(fixture, 0xf00d, 5, 100);
    database_says(fixture, "SELECT count(*) FROM incidents", "5");
    database_says(fixture, "SELECT sum(incidents) FROM outage_counts", "5");
}

static void what_was_committed_survives_being_killed(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct store *store = open_store(fixture);

        store_begin_source(store, 0, 1, "a.pcap", NULL);
        sample_incident(&fixture->finding.incident, 0);
        add_incident(store, fixture);
        store_commit(store, NULL);
        sample_incident(&fixture->finding.incident, 1);
        add_incident(store, fixture);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    database_says(fixture, "SELECT count(*) FROM incidents", "1");
    database_says(fixture, "SELECT count(*) FROM evidence", "1");
    read_capture(fixture, 1, 2, 10);
    database_says(fixture, "SELECT count(*) FROM incidents", "2");
    database_says(fixture, "PRAGMA integrity_check", "ok");
}

static void a_full_disk_is_an_error_and_loses_nothing_committed(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);
    const struct rlimit small = {.rlim_cur = 200 << 10, .rlim_max = RLIM_INFINITY};
    struct rlimit before;
    struct error error = {""};
    int result = 0;

    assert_int_equal(store_begin_source(store, 0, 1, "a.pcap", NULL), 0);
    sample_incident(&fixture->finding.incident, 0);
    add_incident(store, fixture);
    assert_int_equal(store_commit(store, NULL), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    fixture->finding.kind = FINDING_INCIDENT;
    for (unsigned i = 1; i < 5000 && result == 0; i++) {
        sample_incident(&fixture->finding.incident, i);
        result = store_add(store, &fixture->finding, &error);
        if (result == 0 && i % 100 == 0)
            result = store_commit(store, &error);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(result, -1);
    assert_non_null(strstr(error.text, fixture->path));
    store_close(store);
    database_says(fixture, "SELECT count(*) > 0 FROM incidents", "1");
    database_says(fixture, "PRAGMA integrity_check", "ok");
}

static void of_two_runs_at_once_the_later_prevails(void **state)
{
    struct fixture *fixture = *state;
    struct incident *incident = &fixture->finding.incident;
    struct store *stores[2];

    for (int i = 0; i < 2; i++) {
        stores[i] = open_store(fixture);
        assert_int_equal(store_begin_source(stores[i], 0, 1, "a.pcap", NULL), 0);
        assert_int_equal(store_commit(stores[i], NULL), 0);
    }
    /* The later is ahead of the earlier, which also finishes last. */
    for (int i = 1; i >= 0; i--) {
        sample_incident(incident, 0);
        incident->cause = i == 1 ? CAUSE_ZONE_SERVFAIL : CAUSE_LAME_REFUSED;
        add_incident(stores[i], fixture);
        add_minute(stores[i], fixture, sample_minute(0, i == 1 ? 10 : 20));
        assert_int_equal(store_finish(stores[i], NULL), 0);
    }
    store_close(stores[0]);
    store_close(stores[1]);
    database_says(fixture, "SELECT cause FROM incidents", "zone.servfail");
    database_says(fixture, "SELECT sum(incidents) FROM outage_counts", "1");
    database_says(fixture, "SELECT queries FROM minutes", "10");
}

static void health_is_replaced_not_added(void **state)
{
    struct fixture *fixture = *state;
    struct source_health health = {.packets = 10, .first_time_ns = 1, .last_time_ns = 2};

    health.dropped[DROP_BAD_DNS] = 4;
    health.evicted[TABLE_PENDING] = 2;
    for (int i = 0; i < 2; i++) {
        struct store *store = open_store(fixture);

        assert_int_equal(store_begin_source(store, 0, 1, "a.pcap", NULL), 0);
        assert_int_equal(store_set_health(store, 0, &health, NULL), 0);
        assert_int_equal(store_finish(store, NULL), 0);
        store_close(store);
    }
    database_says(fixture, "SELECT packets FROM sources", "10");
    database_says(fixture,
                  "SELECT group_concat(kind || ' ' || reason || ' ' || count) "
                  "FROM source_losses",
                  "dropped bad-dns 4,evicted pending 2");
}

static void names_cannot_inject_sql(void **state)
{
    struct fixture *fixture = *state;
    struct incident *incident = &fixture->finding.incident;
    struct store *store = open_store(fixture);

    assert_int_equal(store_begin_source(store, 0, 1, "'); DROP TABLE runs; --", NULL), 0);
    sample_incident(incident, 0);
    incident->qname = sample_name("'\\);DROP\\032TABLE\\032incidents.");
    add_incident(store, fixture);
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);
    database_says(fixture, "SELECT count(*) FROM incidents", "1");
    database_says(fixture, "SELECT name FROM sources", "'); DROP TABLE runs; --");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_new_database_is_marked_versioned_and_ready_for_retention),
        WITH_FOLDER(a_database_of_a_newer_version_is_refused_naming_both),
        WITH_FOLDER(another_programs_database_is_refused_untouched),
        WITH_FOLDER(a_file_that_is_no_database_is_refused_untouched),
        WITH_FOLDER(an_incident_is_stored_with_all_that_belongs_to_it),
        WITH_FOLDER(reading_a_capture_twice_doubles_nothing),
        WITH_FOLDER(two_captures_add_up),
        WITH_FOLDER(a_minute_that_comes_in_parts_adds_up_within_a_run),
        WITH_FOLDER(a_later_verdict_replaces_the_earlier_and_moves_the_counts),
        WITH_FOLDER(what_a_source_no_longer_gives_goes),
        WITH_FOLDER(what_another_source_gave_stays),
        WITH_FOLDER(a_run_that_was_cut_off_keeps_what_was_there_and_is_made_good),
        WITH_FOLDER(what_was_committed_survives_being_killed),
        WITH_FOLDER(a_full_disk_is_an_error_and_loses_nothing_committed),
        WITH_FOLDER(of_two_runs_at_once_the_later_prevails),
        WITH_FOLDER(health_is_replaced_not_added),
        WITH_FOLDER(names_cannot_inject_sql),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
