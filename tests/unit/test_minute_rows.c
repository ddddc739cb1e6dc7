#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "decode/hash.h"
#include "samples.h"
#include "store/census.h"
#include "store/store.h"
#include "store_fixture.h"

#define QUARTER_NS INT64_C(900000000000)
#define FLOOD      (6 * CENSUS_SERVERS)
#define FLOOD_ROWS "4096"

#define SUMS                                                                                       \
    "SELECT sum(queries) || ' ' || sum(responses) || ' ' || sum(rcode_0) || ' ' || "               \
    "sum(latency_3) FROM minutes"
#define OTHERS "SELECT group_concat(queries || ' ' || latency_3) FROM minutes WHERE server = ''"

static void add_server(struct store *store, struct fixture *fixture, int64_t time_ns,
                       uint32_t server, uint64_t queries)
{
    struct minute_counters minute = sample_minute(time_ns, queries);

    minute.is_resolver = false;
    memcpy(minute.server.bytes, &server, sizeof(server));
    add_minute(store, fixture, minute);
}

/* Ever new servers, and one that is asked five times between any hundred of them. */
static void add_flood(struct store *store, struct fixture *fixture, int64_t time_ns, uint32_t from,
                      uint32_t to)
{
    for (uint32_t server = from; server < to; server++) {
        if (server % 100 == 0)
            add_server(store, fixture, time_ns, UINT32_MAX, 5);
        add_server(store, fixture, time_ns, server, 1);
    }
}

static struct store *begin_capture(struct fixture *fixture, uint64_t fingerprint)
{
    struct store *store = open_store(fixture);

    assert_int_equal(store_begin_source(store, 0, fingerprint, "a.pcap", NULL), 0);
    return store;
}

static void end_capture(struct store *store)
{
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);
}

static void read_flood(struct fixture *fixture, uint64_t fingerprint)
{
    struct store *store = begin_capture(fixture, fingerprint);

    add_flood(store, fixture, 0, 0, FLOOD);
    end_capture(store);
}

/* In a database of one such flood. */
static void expect_one_flood(struct fixture *fixture)
{
    char expected[128];
    unsigned asked = (FLOOD + 99) / 100 * 5, all = FLOOD + asked;

    database_says(fixture, "SELECT count(*) FROM minutes WHERE server <> ''", FLOOD_ROWS);
    snprintf(expected, sizeof(expected), "%u %u %u %u", all, all, all, all);
    database_says(fixture, SUMS, expected);
    snprintf(expected, sizeof(expected), "%u", asked);
    database_says(fixture, "SELECT queries FROM minutes WHERE server LIKE 'ffff:ffff%'", expected);
    snprintf(expected, sizeof(expected), "%u %u", FLOOD - CENSUS_SERVERS + 1,
             FLOOD - CENSUS_SERVERS + 1);
    database_says(fixture, OTHERS, expected);
}

static void a_flood_of_servers_gives_a_number_of_rows_and_exact_sums(void **state)
{
    struct fixture *fixture = *state;

    read_flood(fixture, 1);
    expect_one_flood(fixture);
}

static void the_flood_read_again_gives_the_same(void **state)
{
    struct fixture *fixture = *state;

    read_flood(fixture, 1);
    change_database(fixture, "CREATE TABLE earlier AS SELECT server, queries FROM minutes");
    read_flood(fixture, 1);
    expect_one_flood(fixture);
    database_says(fixture, "SELECT count(*) FROM minutes JOIN earlier USING (server, queries)",
                  "4097");
}

static void another_capture_of_the_flood_adds_its_own(void **state)
{
    struct fixture *fixture = *state;
    char expected[64];

    read_flood(fixture, 1);
    read_flood(fixture, 2);
    snprintf(expected, sizeof(expected), "%u", 2 * (FLOOD + (FLOOD + 99) / 100 * 5));
    database_says(fixture, "SELECT sum(queries) FROM minutes", expected);
    database_says(fixture, "SELECT count(*) FROM minutes WHERE server = ''", "2");
    read_flood(fixture, 1);
    database_says(fixture, "SELECT sum(queries) FROM minutes", expected);
}

/* As the writer does after a failure: what was not committed is added again. */
static void what_is_taken_back_and_added_again_counts_once(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_capture(fixture, 1);

    add_flood(store, fixture, 0, 0, 1000);
    assert_int_equal(store_commit(store, NULL), 0);
    for (unsigned i = 0; i < 3; i++) {
        if (i > 0)
            store_rollback(store);
        add_flood(store, fixture, 0, 1000, 6000);
    }
    assert_int_equal(store_commit(store, NULL), 0);
    add_flood(store, fixture, 0, 6000, FLOOD);
    end_capture(store);
    expect_one_flood(fixture);
}

static void a_watch_that_begins_anew_within_the_quarter_adds_to_it(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_capture(fixture, 1);
    char expected[64];

    add_flood(store, fixture, 0, 0, FLOOD);
    assert_int_equal(store_commit(store, NULL), 0);
    store_close(store); /* cut off */
    read_flood(fixture, 2);
    snprintf(expected, sizeof(expected), "%u", 2 * (FLOOD + (FLOOD + 99) / 100 * 5));
    database_says(fixture, "SELECT sum(queries) FROM minutes", expected);
}

static void of_many_quarters_each_has_its_own_others(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_capture(fixture, 1);

    for (int64_t quarter = 0; quarter < 40; quarter++)
        add_flood(store, fixture, quarter * QUARTER_NS, 1, CENSUS_SERVERS + 1);
    for (int64_t quarter = 0; quarter < 40; quarter++)
        add_server(store, fixture, quarter * QUARTER_NS, 9999999, 1);
    end_capture(store);
    database_says(fixture, "SELECT count(*) || ' ' || sum(queries) FROM minutes WHERE server = ''",
                  "40 80");
}

static void resolvers_have_rows_whatever_the_flood(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_capture(fixture, 1);

    add_flood(store, fixture, 0, 0, FLOOD);
    add_minute(store, fixture, sample_minute(0, 0));
    add_minute(store, fixture, sample_minute(60000000000, 1));
    end_capture(store);
    database_says(fixture,
                  "SELECT group_concat(server || ' ' || queries) FROM minutes WHERE "
                  "is_resolver",
                  "192.0.2.1 0,192.0.2.1 1");
}

/* Ever new ones that are asked once, in each of two quarters, and one that is asked all the time.
 */
static void add_resolvers(struct store *store, struct fixture *fixture)
{
    for (uint32_t i = 1; i <= 6000; i++) {
        int64_t minute_ns = (i - 1) / 200 * 60000000000;
        struct minute_counters minute = sample_minute(minute_ns, 1);

        memcpy(minute.server.bytes, &i, sizeof(i));
        add_minute(store, fixture, minute);
        if (i % 200 == 0)
            add_minute(store, fixture, sample_minute(minute_ns, 5));
    }
}

static void a_crowd_of_resolvers_is_counted_together(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 2; i++) {
        struct store *store = begin_capture(fixture, 1);

        add_resolvers(store, fixture);
        end_capture(store);
        database_says(fixture,
                      "SELECT sum(queries) || ' ' || sum(latency_3) FROM minutes WHERE is_resolver",
                      "6150 6150");
        database_says(fixture,
                      "SELECT count(*) || ' ' || sum(queries) FROM minutes "
                      "WHERE is_resolver AND server = '192.0.2.1'",
                      "30 150");
        database_says(fixture,
                      "SELECT count(DISTINCT server) FROM minutes WHERE server <> '192.0.2.1'",
                      "511"); /* in the second quarter it is one of the first */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_flood_of_servers_gives_a_number_of_rows_and_exact_sums),
        WITH_FOLDER(the_flood_read_again_gives_the_same),
        WITH_FOLDER(another_capture_of_the_flood_adds_its_own),
        WITH_FOLDER(what_is_taken_back_and_added_again_counts_once),
        WITH_FOLDER(a_watch_that_begins_anew_within_the_quarter_adds_to_it),
        WITH_FOLDER(of_many_quarters_each_has_its_own_others),
        WITH_FOLDER(resolvers_have_rows_whatever_the_flood),
        WITH_FOLDER(a_crowd_of_resolvers_is_counted_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
