#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "store/store.h"
#include "store_fixture.h"

#define EXPIRES_NS (SAMPLE_TIME_NS + INT64_C(172800) * 1000000000)

/* It commits when it is told to. */
static struct store *begin(struct fixture *fixture, uint64_t fingerprint)
{
    const struct store_options options = {.path = fixture->path,
                                          .sensor = "tap1",
                                          .analyzer_version = "0.1.0",
                                          .commit_ns = INT64_MAX};
    struct store *store = store_open(&options, NULL);

    assert_non_null(store);
    assert_int_equal(store_begin_source(store, 0, fingerprint, "a.pcap", NULL), 0);
    return store;
}

static void finish(struct store *store)
{
    const struct source_health health = {
        .packets = 1, .first_time_ns = SAMPLE_TIME_NS, .last_time_ns = SAMPLE_TIME_NS};

    assert_int_equal(store_set_health(store, 0, &health, NULL), 0);
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);
}

static void refuses(struct store *store, struct fixture *fixture, const char *zone,
                    const char *server, int64_t time_ns)
{
    fixture->finding.kind = FINDING_DELEGATION;
    fixture->finding.delegation = (struct delegation_sight){.time_ns = time_ns,
                                                            .zone = sample_name(zone),
                                                            .server = sample_address(server),
                                                            .nameservers = 2,
                                                            .listed = 2,
                                                            .outcome = OUTCOME_REFUSED};
    assert_int_equal(store_add(store, &fixture->finding, NULL), 0);
}

static void expires(struct store *store, struct fixture *fixture, const char *zone,
                    int64_t expiration_ns, int64_t time_ns)
{
    fixture->finding.kind = FINDING_SIGNATURE;
    fixture->finding.signature = (struct signature_sight){.time_ns = time_ns,
                                                          .server = sample_address("192.0.2.53"),
                                                          .zone = sample_name(zone),
                                                          .type_covered = 1,
                                                          .key_tag = 4711,
                                                          .algorithm = 13,
                                                          .inception_ns = SAMPLE_TIME_NS,
                                                          .expiration_ns = expiration_ns};
    assert_int_equal(store_add(store, &fixture->finding, NULL), 0);
}

/* Of each kind. */
static void flood(struct store *store, struct fixture *fixture, unsigned from, unsigned until)
{
    char zone[32];

    for (unsigned i = from; i < until; i++) {
        snprintf(zone, sizeof(zone), "z%u.test.", i);
        refuses(store, fixture, zone, "192.0.2.53", SAMPLE_TIME_NS);
        expires(store, fixture, zone, EXPIRES_NS, SAMPLE_TIME_NS);
    }
}

static int64_t number(struct fixture *fixture, const char *sql)
{
    char text[64];

    database_text(fixture, sql, text, sizeof(text));
    return atoll(text);
}

static void rows_grow_with_the_logarithm_of_a_flood_of_zones(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin(fixture, 1);
    int64_t delegations, signatures;

    flood(store, fixture, 0, 4000);
    assert_int_equal(store_commit(store, NULL), 0);
    delegations = number(fixture, "SELECT count(*) FROM delegations");
    signatures = number(fixture, "SELECT count(*) FROM signatures");
    assert_in_range(delegations, 1800, 2200);
    assert_in_range(signatures, 1800, 2200);
    flood(store, fixture, 4000, 16000);
    finish(store);
    assert_in_range(number(fixture, "SELECT count(*) FROM delegations"), delegations + 800,
                    delegations + 1200);
    assert_in_range(number(fixture, "SELECT count(*) FROM signatures"), signatures + 800,
                    signatures + 1200);
}

static void what_got_no_row_is_counted(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin(fixture, 1);

    flood(store, fixture, 0, 3000);
    finish(store);
    database_says(fixture,
                  "SELECT (SELECT count(*) FROM delegations) + (SELECT count(*) FROM signatures) + "
                  "(SELECT count FROM source_losses WHERE reason = 'forecasts')",
                  "6000");
}

static void a_live_capture_counts_it_by_the_minute(void **state)
{
    const struct health_minute minute = {.minute_ns = SAMPLE_TIME_NS, .unstored_others = 5};
    struct fixture *fixture = *state;
    struct store *store = begin(fixture, 1);

    flood(store, fixture, 0, 3000);
    assert_int_equal(store_add_health(store, 0, &minute, NULL), 0);
    assert_int_equal(store_add_health(store, 0, &minute, NULL), 0);
    finish(store);
    database_says(fixture,
                  "SELECT (SELECT count(*) FROM delegations) + (SELECT count(*) FROM signatures) + "
                  "(SELECT sum(unstored_others) FROM health)",
                  "6010");
}

/* Of twenty zones. */
static void known_zones_refuse(struct store *store, struct fixture *fixture, const char *server,
                               int64_t time_ns)
{
    for (unsigned i = 0; i < 20; i++) {
        char zone[32];

        snprintf(zone, sizeof(zone), "known%u.test.", i);
        refuses(store, fixture, zone, server, time_ns);
    }
}

static void known_zones_expire(struct store *store, struct fixture *fixture, int64_t expires_ns,
                               int64_t time_ns)
{
    for (unsigned i = 0; i < 20; i++) {
        char zone[32];

        snprintf(zone, sizeof(zone), "known%u.test.", i);
        expires(store, fixture, zone, expires_ns, time_ns);
    }
}

static void zones_that_were_there_before_the_flood_are_kept_up_to_date(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin(fixture, 1);

    known_zones_refuse(store, fixture, "192.0.2.1", SAMPLE_TIME_NS - SAMPLE_MS(1000));
    known_zones_expire(store, fixture, EXPIRES_NS, SAMPLE_TIME_NS - SAMPLE_MS(1000));
    flood(store, fixture, 0, 20000);
    known_zones_refuse(store, fixture, "192.0.2.1", SAMPLE_TIME_NS + SAMPLE_MS(1000));
    known_zones_refuse(store, fixture, "192.0.2.2", SAMPLE_TIME_NS + SAMPLE_MS(1000));
    known_zones_expire(store, fixture, EXPIRES_NS + 1, SAMPLE_TIME_NS + SAMPLE_MS(1000));
    finish(store);
    database_says(fixture,
                  "SELECT count(*) || ' ' || count(DISTINCT last_seen_ns) || ' ' || "
                  "max(last_seen_ns) FROM delegations WHERE zone LIKE 'known%'",
                  "40 1 1767225846123456789");
    database_says(fixture,
                  "SELECT count(*) || ' ' || count(DISTINCT expiration_ns) || ' ' || "
                  "max(last_seen_ns) FROM signatures WHERE zone LIKE 'known%'",
                  "20 1 1767225846123456789");
}

static void another_capture_knows_what_an_earlier_one_saw(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin(fixture, 1);

    known_zones_refuse(store, fixture, "192.0.2.1", SAMPLE_TIME_NS - SAMPLE_MS(1000));
    finish(store);
    store = begin(fixture, 2);
    flood(store, fixture, 0, 20000);
    known_zones_refuse(store, fixture, "192.0.2.1", SAMPLE_TIME_NS + SAMPLE_MS(1000));
    finish(store);
    database_says(fixture,
                  "SELECT count(*) FROM delegations JOIN sources ON sources.id = source "
                  "WHERE zone LIKE 'known%' AND fingerprint = 2",
                  "20");
}

static void one_zone_of_many_servers_is_a_flood_too(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin(fixture, 1);
    char server[32];

    flood(store, fixture, 0, 1500);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(server, sizeof(server), "10.0.%u.%u", i / 256, i % 256);
        refuses(store, fixture, "crowd.test.", server, SAMPLE_TIME_NS);
    }
    finish(store);
    assert_in_range(number(fixture, "SELECT count(*) FROM delegations"), 1200, 6500);
}

/* Sums over what a reader looks at. */
#define DIGEST                                                                                     \
    "SELECT (SELECT count(*) || ' ' || sum(length(zone) * last_seen_ns % 1000003) || ' ' || "      \
    "group_concat(zone) FROM (SELECT * FROM delegations ORDER BY zone LIMIT 50)) || ' ' || "       \
    "(SELECT count(*) FROM delegations) || ' ' || (SELECT count(*) FROM signatures) || ' ' || "    \
    "(SELECT sum(count) FROM source_losses)"

static void reading_a_capture_again_keeps_the_same(void **state)
{
    struct fixture *fixture = *state;
    char first[1024] = "";

    for (int i = 0; i < 3; i++) {
        struct store *store = begin(fixture, 1);

        /* In the flood, and out of it: the second reading must not know it from the first. */
        flood(store, fixture, 0, 5000);
        for (unsigned n = 4000; n < 4100; n++) {
            char zone[32];

            snprintf(zone, sizeof(zone), "z%u.test.", n);
            refuses(store, fixture, zone, "192.0.2.53", SAMPLE_TIME_NS + SAMPLE_MS(3600000));
        }
        finish(store);
        if (i == 0)
            database_text(fixture, DIGEST, first, sizeof(first));
        database_says(fixture, DIGEST, first);
    }
}

static void what_is_taken_back_and_added_again_gives_the_same(void **state)
{
    struct fixture *fixture = *state;
    char straight[1024];

    for (int with_rollback = 0; with_rollback < 2; with_rollback++) {
        struct store *store = begin(fixture, 1);

        flood(store, fixture, 0, 1500);
        assert_int_equal(store_commit(store, NULL), 0);
        if (with_rollback) {
            flood(store, fixture, 1500, 1700);
            store_rollback(store);
        }
        flood(store, fixture, 1500, 4000);
        finish(store);
        if (!with_rollback)
            database_text(fixture, DIGEST, straight, sizeof(straight));
    }
    database_says(fixture, DIGEST, straight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(rows_grow_with_the_logarithm_of_a_flood_of_zones),
        WITH_FOLDER(what_got_no_row_is_counted),
        WITH_FOLDER(a_live_capture_counts_it_by_the_minute),
        WITH_FOLDER(zones_that_were_there_before_the_flood_are_kept_up_to_date),
        WITH_FOLDER(another_capture_knows_what_an_earlier_one_saw),
        WITH_FOLDER(one_zone_of_many_servers_is_a_flood_too),
        WITH_FOLDER(reading_a_capture_again_keeps_the_same),
        WITH_FOLDER(what_is_taken_back_and_added_again_gives_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
