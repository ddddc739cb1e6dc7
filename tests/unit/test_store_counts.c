#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/counts.h"
#include "store/sketch.h"
#include "store_fixture.h"

/* One a millisecond, with scattered identities. */
static void scattered_incident(struct incident *incident, unsigned number, uint64_t outage)
{
    sample_incident(incident, number);
    incident->identity = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    incident->identity ^= incident->identity >> 29;
    incident->outage = outage;
    incident->time_ns = SAMPLE_TIME_NS + SAMPLE_MS(1) * number;
    incident->client_key = (number % 40 + 1) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* Of so many outages in turn. */
static void add_many(struct store *store, struct fixture *fixture, unsigned from, unsigned count,
                     unsigned outages)
{
    for (unsigned i = from; i < from + count; i++) {
        scattered_incident(&fixture->finding.incident, i, 1 + i % outages);
        add_incident(store, fixture);
    }
}

static struct store *open_sampling(struct fixture *fixture, uint64_t outage_rows,
                                   uint64_t hour_rows)
{
    const struct store_options options = {.path = fixture->path,
                                          .sensor = "tap1",
                                          .analyzer_version = "0.1.0",
                                          .outage_rows = outage_rows,
                                          .hour_rows = hour_rows};
    struct store *store = store_open(&options, NULL);

    assert_non_null(store);
    assert_int_equal(store_begin_source(store, 0, 0xf00d, "a.pcap", NULL), 0);
    return store;
}

static void finish(struct store *store)
{
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);
}

static void counts_are_exact_where_rows_are_sampled(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, 10, UINT64_MAX);

    add_many(store, fixture, 0, 10000, 1);
    finish(store);
    database_says(fixture, "SELECT sum(incidents) FROM outage_counts", "10000");
    database_says(fixture, "SELECT sum(incidents) FROM servfails", "10000");
    database_says(fixture, "SELECT sum(elapsed_9) FROM servfails", "10000");
    database_says(fixture, "SELECT count(*) = (SELECT sum(kept) FROM outage_counts) FROM incidents",
                  "1");
    /* Ten, and about five for each of ten doublings. */
    database_says(fixture, "SELECT count(*) BETWEEN 30 AND 100 FROM incidents", "1");
    database_says(fixture, "SELECT sum(weight) BETWEEN 5000 AND 15000 FROM incidents", "1");
    database_says(fixture, "SELECT sketch_count(clients) BETWEEN 38 AND 42 FROM outage_counts",
                  "1");
    database_says(fixture,
                  "SELECT sketch_count(sketch_union(clients)) BETWEEN 38 AND 42 "
                  "FROM servfail_clients",
                  "1");
}

static void many_small_outages_are_sampled_too_but_each_has_a_row(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, 100, 50);

    add_many(store, fixture, 0, 4000, 200);
    finish(store);
    database_says(fixture, "SELECT count(DISTINCT outage) FROM incidents", "200");
    database_says(fixture, "SELECT count(*) < 500 FROM incidents", "1");
    database_says(fixture, "SELECT count(*) FROM outage_counts WHERE incidents = 20", "200");
}

static void a_flood_of_outages_has_rows_by_the_logarithm(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, 100, 50);

    add_many(store, fixture, 0, 20000, 20000);
    finish(store);
    database_says(fixture, "SELECT sum(incidents) FROM servfails", "20000");
    /* Two hundred, and about half as many for each of seven doublings. */
    database_says(fixture, "SELECT count(*) BETWEEN 600 AND 1200 FROM outages", "1");
    database_says(fixture,
                  "SELECT count(*) = (SELECT count(*) FROM outages) AND count(*) = "
                  "(SELECT count(*) FROM outage_counts) FROM incidents",
                  "1");
    database_says(fixture, "SELECT sum(weight) BETWEEN 15000 AND 25000 FROM incidents", "1");
}

static void an_outage_that_goes_on_amid_a_flood_becomes_known(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, 100, 50);

    add_many(store, fixture, 1, 19999, 20000);
    add_many(store, fixture, 30000, 1000, 1);
    finish(store);
    database_says(fixture, "SELECT sum(incidents) FROM servfails", "20999");
    database_says(fixture,
                  "SELECT incidents BETWEEN 500 AND 1000 FROM outage_counts WHERE outage = 1", "1");
}

static void an_outage_from_before_the_flood_is_counted_whole(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, 100, 50);

    add_many(store, fixture, 0, 10, 1);
    add_many(store, fixture, 20000, 20000, 20000); /* one of which is of that outage */
    add_many(store, fixture, 50000, 100, 1);
    finish(store);
    database_says(fixture, "SELECT sum(incidents) FROM servfails", "20110");
    database_says(fixture, "SELECT incidents FROM outage_counts WHERE outage = 1", "111");
}

static void a_flood_of_one_outage_takes_no_rows_from_the_others(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, 10, 200);

    add_many(store, fixture, 0, 20000, 1);
    for (unsigned i = 0; i < 10; i++)
        add_many(store, fixture, 20000 + 2000 * i, 50, 5);
    finish(store);
    database_says(fixture, "SELECT count(*) FROM outage_counts WHERE incidents = 100", "4");
    /* Ten, and about five for each of three doublings. */
    database_says(fixture,
                  "SELECT min(kept) >= 10 AND max(kept) <= 50 FROM outage_counts WHERE outage > 1",
                  "1");
}

static void what_is_late_does_not_begin_the_hour_anew(void **state)
{
    struct fixture *fixture = *state;
    struct incident *incident = &fixture->finding.incident;
    struct store *store = open_sampling(fixture, 10, 50);

    for (unsigned i = 0; i < 4000; i++) {
        scattered_incident(incident, i, 1 + i % 2000);
        if (i % 2 > 0) /* of the hour before */
            incident->time_ns -= HOUR_NS;
        add_incident(store, fixture);
    }
    finish(store);
    database_says(fixture, "SELECT sum(incidents) FROM servfails", "4000");
    database_says(fixture, "SELECT count(*) < 1000 FROM incidents", "1");
}

static void reading_a_sampled_capture_again_keeps_the_same_rows(void **state)
{
    struct fixture *fixture = *state;
    const char *rows = "SELECT count(*) || ' ' || sum(identity / 1000000) || ' ' || sum(weight) || "
                       "' ' || (SELECT sum(incidents) || ' ' || sum(kept) FROM outage_counts) || "
                       "' ' || (SELECT sum(incidents) FROM servfails) FROM incidents";
    char first[256] = "";

    for (int i = 0; i < 3; i++) {
        struct store *store = open_sampling(fixture, 10, 50);

        add_many(store, fixture, 0, 3000, 7);
        add_many(store, fixture, 3000, 5000, 2000);
        finish(store);
        if (i == 0)
            database_text(fixture, rows, first, sizeof(first));
        database_says(fixture, rows, first);
    }
}

static void an_incident_of_two_overlapping_captures_is_counted_once(void **state)
{
    struct fixture *fixture = *state;

    for (uint64_t fingerprint = 1; fingerprint <= 2; fingerprint++) {
        struct store *store = open_store(fixture);

        assert_int_equal(store_begin_source(store, 0, fingerprint, "x.pcap", NULL), 0);
        for (unsigned i = 0; i < 3; i++) {
            sample_incident(&fixture->finding.incident, i);
            add_incident(store, fixture);
        }
        finish(store);
    }
    database_says(fixture, "SELECT sum(incidents) FROM outage_counts", "3");
    database_says(fixture, "SELECT sum(incidents) || ' ' || sum(elapsed_9) FROM servfails", "3 3");
    database_says(fixture, "SELECT count(*) FROM incidents", "3");
}

/* An incident of each. */
static void fail_at(struct store *store, struct fixture *fixture, unsigned from, unsigned until)
{
    for (unsigned i = from; i < until; i++) {
        sample_incident(&fixture->finding.incident, i);
        fixture->finding.incident.time_ns = SAMPLE_TIME_NS;
        fixture->finding.incident.client_key = (i % 40 + 1) * UINT64_C(0xbf58476d1ce4e5b9);
        memcpy(fixture->finding.incident.resolver.bytes, &i, sizeof(i));
        add_incident(store, fixture);
    }
}

static void servfails_of_a_crowd_of_resolvers_are_counted_together(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, UINT64_MAX, UINT64_MAX);

    fail_at(store, fixture, 1, 2001);
    finish(store);
    database_says(fixture,
                  "SELECT sum(incidents) || ' ' || count(*) || ' ' || sum(elapsed_9) "
                  "FROM servfails",
                  "2000 257 2000");
    database_says(fixture, "SELECT incidents FROM servfails WHERE resolver = ''", "1744");
    database_says(fixture, "SELECT count(*) FROM servfail_clients", "257");
    database_says(fixture,
                  "SELECT sketch_count(clients) BETWEEN 38 AND 42 FROM servfail_clients "
                  "WHERE resolver = ''",
                  "1");
}

static void a_crowd_of_resolvers_takes_no_rows_from_those_that_are_known(void **state)
{
    struct fixture *fixture = *state;
    struct incident *incident = &fixture->finding.incident;
    struct store *store = open_sampling(fixture, 10, 100);

    for (unsigned i = 0; i < 8000; i++) {
        unsigned resolver = i % 200 == 0 ? 9000 : i;

        scattered_incident(incident, i, 1 + i);
        memcpy(incident->resolver.bytes, &resolver, sizeof(resolver));
        add_incident(store, fixture);
    }
    finish(store);
    database_says(fixture, "SELECT count(*) < 2000 FROM incidents", "1");
    database_says(fixture, "SELECT count(*) FROM incidents WHERE (outage - 1) % 200 = 0", "40");
}

static void one_of_them_in_two_captures_is_counted_once(void **state)
{
    struct fixture *fixture = *state;

    for (uint64_t fingerprint = 1; fingerprint <= 2; fingerprint++) {
        struct store *store = open_sampling(fixture, UINT64_MAX, UINT64_MAX);

        assert_int_equal(store_begin_source(store, 0, fingerprint, "x.pcap", NULL), 0);
        fail_at(store, fixture, 1, 601);
        finish(store);
        database_says(fixture, "SELECT sum(incidents) || ' ' || sum(elapsed_9) FROM servfails",
                      "600 600");
    }
}

static void a_cached_failure_counts_under_the_cause_of_its_outage(void **state)
{
    struct fixture *fixture = *state;
    struct incident *incident = &fixture->finding.incident;
    struct store *store = open_store(fixture);

    assert_int_equal(store_begin_source(store, 0, 1, "a.pcap", NULL), 0);
    for (unsigned i = 0; i < 4; i++) {
        sample_incident(incident, i);
        if (i > 0) {
            incident->cause = CAUSE_CACHED_FAILURE;
            incident->origin = UINT64_C(0xfedcba9876540000);
        }
        add_incident(store, fixture);
    }
    finish(store);
    database_says(fixture,
                  "SELECT group_concat(cause || ' ' || cached || ' ' || n, ', ') FROM (SELECT "
                  "cause, cached, sum(incidents) AS n FROM servfails GROUP BY cause, cached)",
                  "lame.refused 0 1, lame.refused 1 3");
    database_says(fixture, "SELECT cause FROM outages", "lame.refused");
    database_says(fixture, "SELECT cached FROM outage_counts", "3");
}

static void add_signature(struct store *store, int64_t time_ns, int64_t expiration_ns)
{
    struct finding finding = {.kind = FINDING_SIGNATURE,
                              .signature = {.time_ns = time_ns,
                                            .server = sample_address("192.0.2.53"),
                                            .zone = sample_name("example.com."),
                                            .type_covered = TYPE_A,
                                            .key_tag = 4711,
                                            .algorithm = 13,
                                            .inception_ns = expiration_ns - 10,
                                            .expiration_ns = expiration_ns}};

    assert_int_equal(store_add(store, &finding, NULL), 0);
}

static void of_signatures_the_one_that_expires_last_stands(void **state)
{
    struct fixture *fixture = *state;
    const char *all = "SELECT group_concat(inception_ns || ' ' || expiration_ns || ' ' || "
                      "first_seen_ns || ' ' || last_seen_ns) FROM signatures";

    for (int i = 0; i < 2; i++) {
        struct store *store = open_sampling(fixture, 0, 0);

        add_signature(store, 100, 1000);
        add_signature(store, 200, 2000);
        add_signature(store, 300, 1500);
        finish(store);
        database_says(fixture, all, "1990 2000 100 300");
    }
}

static void add_delegation(struct store *store, int64_t time_ns, enum outcome outcome)
{
    struct finding finding = {.kind = FINDING_DELEGATION,
                              .delegation = {.time_ns = time_ns,
                                             .zone = sample_name("example.com."),
                                             .server = sample_address("192.0.2.53"),
                                             .listed = 2,
                                             .outcome = outcome}};

    assert_int_equal(store_add(store, &finding, NULL), 0);
}

static void a_delegation_says_since_when_a_server_stands_as_it_does(void **state)
{
    struct fixture *fixture = *state;
    const char *all = "SELECT group_concat(outcome || ' ' || since_ns || ' ' || last_seen_ns) "
                      "FROM (SELECT * FROM delegations ORDER BY source)";
    struct store *store;

    for (int i = 0; i < 2; i++) {
        store = open_sampling(fixture, 0, 0);
        add_delegation(store, 100, OUTCOME_ANSWER);
        add_delegation(store, 200, OUTCOME_TIMEOUT);
        add_delegation(store, 300, OUTCOME_TIMEOUT);
        finish(store);
        database_says(fixture, all, "timeout 200 300");
    }
    /* Another source, as after a restart. */
    store = open_store(fixture);
    assert_int_equal(store_begin_source(store, 0, 0xbeef, "eth0", NULL), 0);
    add_delegation(store, 400, OUTCOME_TIMEOUT);
    finish(store);
    database_says(fixture, all, "timeout 200 300,timeout 200 400");
}

static void health_of_a_minute_adds_up(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, 0, 0);
    struct health_minute health = {
        .minute_ns = SAMPLE_TIME_NS, .packets = 10, .kernel_drops = 3, .unstored_incidents = 1};

    assert_int_equal(store_add_health(store, 0, &health, NULL), 0);
    assert_int_equal(store_add_health(store, 0, &health, NULL), 0);
    finish(store);
    database_says(fixture,
                  "SELECT packets || ' ' || kernel_drops || ' ' || interface_drops || ' ' || "
                  "unstored_incidents || ' ' || (minute_ns % 60000000000) FROM health",
                  "20 6 0 2 0");
}

static void an_upstream_servers_minutes_are_kept_by_the_quarter_of_an_hour(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_sampling(fixture, 0, 0);

    for (int i = 0; i < 20; i++) {
        struct minute_counters minute = sample_minute(i * INT64_C(60000000000), 10);

        minute.is_resolver = i % 2 == 0;
        add_minute(store, fixture, minute);
    }
    finish(store);
    database_says(fixture, "SELECT count(*) FROM minutes WHERE is_resolver", "10");
    database_says(fixture,
                  "SELECT group_concat((minute_ns / 60000000000) || ' ' || queries) FROM minutes "
                  "WHERE NOT is_resolver",
                  "0 70,15 30");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(counts_are_exact_where_rows_are_sampled),
        WITH_FOLDER(many_small_outages_are_sampled_too_but_each_has_a_row),
        WITH_FOLDER(a_flood_of_outages_has_rows_by_the_logarithm),
        WITH_FOLDER(an_outage_that_goes_on_amid_a_flood_becomes_known),
        WITH_FOLDER(an_outage_from_before_the_flood_is_counted_whole),
        WITH_FOLDER(a_flood_of_one_outage_takes_no_rows_from_the_others),
        WITH_FOLDER(what_is_late_does_not_begin_the_hour_anew),
        WITH_FOLDER(reading_a_sampled_capture_again_keeps_the_same_rows),
        WITH_FOLDER(an_incident_of_two_overlapping_captures_is_counted_once),
        WITH_FOLDER(servfails_of_a_crowd_of_resolvers_are_counted_together),
        WITH_FOLDER(a_crowd_of_resolvers_takes_no_rows_from_those_that_are_known),
        WITH_FOLDER(one_of_them_in_two_captures_is_counted_once),
        WITH_FOLDER(a_cached_failure_counts_under_the_cause_of_its_outage),
        WITH_FOLDER(of_signatures_the_one_that_expires_last_stands),
        WITH_FOLDER(a_delegation_says_since_when_a_server_stands_as_it_does),
        WITH_FOLDER(health_of_a_minute_adds_up),
        WITH_FOLDER(an_upstream_servers_minutes_are_kept_by_the_quarter_of_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
