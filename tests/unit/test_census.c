#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/census.h"

#define ROOM       (4 << 20)
#define SOURCE     1
#define QUARTER_NS INT64_C(900000000000)

static struct minute_counters part_of(uint32_t server, uint64_t queries)
{
    struct minute_counters part = {.queries = queries, .responses = queries};

    memcpy(part.server.bytes + 12, &server, sizeof(server));
    part.latency[3] = queries;
    return part;
}

static bool admits(struct census *census, int64_t quarter_ns, uint32_t server, uint64_t queries)
{
    const struct minute_counters part = part_of(server, queries);

    return census_admits(census, SOURCE, quarter_ns, &part);
}

/* How many of so many new servers, each asked so often. */
static unsigned admitted(struct census *census, uint32_t first, uint32_t count, uint64_t queries)
{
    unsigned rows = 0;

    for (uint32_t server = first; server < first + count; server++)
        rows += admits(census, 0, server, queries);
    return rows;
}

static int begin(void **state)
{
    *state = census_new(CENSUS_SERVERS, ROOM);
    assert_non_null(*state);
    return 0;
}

static int end(void **state)
{
    census_free(*state);
    return 0;
}

static void ever_new_servers_get_no_more_rows_than_a_number(void **state)
{
    assert_int_equal(admitted(*state, 0, 200000, 1), CENSUS_SERVERS);
    assert_int_equal(admitted(*state, 1000000, 200000, 3), 0);
}

static void beyond_that_number_servers_have_rows_that_are_asked_often(void **state)
{
    admitted(*state, 0, 10 * CENSUS_SERVERS, 1);
    assert_true(admits(*state, 0, 1000000, 4));
    assert_true(admits(*state, 0, 1000001, 500));
    assert_false(admits(*state, 0, 1000002, 3));
}

static void with_each_doubling_it_takes_four_times_as_many_queries(void **state)
{
    assert_int_equal(admitted(*state, 0, 200000, 4), 2 * CENSUS_SERVERS);
    assert_int_equal(admitted(*state, 200000, 200000, 16), 2 * CENSUS_SERVERS);
    assert_int_equal(admitted(*state, 400000, 1000, 63), 0);
    assert_int_equal(admitted(*state, 500000, 1000, 64), 1000);
}

static void who_has_a_row_keeps_it_for_the_quarter_of_an_hour(void **state)
{
    assert_true(admits(*state, 0, 1000000, 1));
    admitted(*state, 0, 10 * CENSUS_SERVERS, 1);
    assert_true(admits(*state, 0, 1000000, 0));
    assert_false(admits(*state, 0, 1000001, 1));
}

static void who_was_there_before_the_flood_has_a_row_amid_it(void **state)
{
    assert_true(admits(*state, 0, 1000000, 1));
    for (uint32_t server = 0; server < 10 * CENSUS_SERVERS; server++)
        admits(*state, QUARTER_NS, server, 1);
    assert_true(admits(*state, QUARTER_NS, 1000000, 1));
    assert_false(admits(*state, QUARTER_NS, 1000001, 1));
}

static void who_was_not_asked_for_a_quarter_begins_anew(void **state)
{
    assert_true(admits(*state, 0, 1000000, 1));
    for (uint32_t server = 0; server < 10 * CENSUS_SERVERS; server++)
        admits(*state, 2 * QUARTER_NS, server, 1);
    assert_false(admits(*state, 2 * QUARTER_NS, 1000000, 1));
}

static void each_quarter_and_each_source_has_its_own(void **state)
{
    const struct minute_counters part = part_of(1000000, 1);

    admitted(*state, 0, 10 * CENSUS_SERVERS, 1);
    assert_false(census_admits(*state, SOURCE, 0, &part));
    assert_true(census_admits(*state, SOURCE, QUARTER_NS, &part));
    assert_true(census_admits(*state, SOURCE + 1, 0, &part));
    assert_false(census_admits(*state, SOURCE, 0, &part));
}

static void an_answer_that_nobody_asked_for_makes_no_row_where_queries_are_seen(void **state)
{
    struct minute_counters answer = part_of(1, 0);

    answer.responses = 100;
    assert_true(admits(*state, 0, 2, 1));
    assert_false(census_admits(*state, SOURCE, 0, &answer));
    /* nor in the next quarter, before a query is told of there */
    assert_false(census_admits(*state, SOURCE, QUARTER_NS, &answer));
    /* of a server that was asked it counts with what it was asked */
    answer.server = part_of(2, 0).server;
    assert_true(census_admits(*state, SOURCE, 0, &answer));
}

static void an_answer_to_an_earlier_quarters_query_was_asked_for(void **state)
{
    struct minute_counters answer = part_of(1, 0);

    answer.responses = answer.latency[5] = 1;
    assert_true(admits(*state, 0, 2, 1));
    assert_true(census_admits(*state, SOURCE, QUARTER_NS, &answer));
}

static void where_answers_alone_are_captured_servers_have_rows(void **state)
{
    struct minute_counters answer = part_of(0, 0);
    unsigned rows = 0;

    answer.responses = 2;
    for (uint32_t server = 0; server < 10 * CENSUS_SERVERS; server++) {
        answer.server = part_of(server, 0).server;
        rows += census_admits(*state, SOURCE, 0, &answer);
    }
    assert_int_equal(rows, CENSUS_SERVERS);
    answer.server = part_of(1000000, 0).server;
    answer.responses = 100;
    assert_true(census_admits(*state, SOURCE, 0, &answer));
}

static void little_memory_means_fewer_rows(void **state)
{
    struct census *census = census_new(CENSUS_SERVERS, 100000);
    unsigned rows;

    (void)state;
    assert_non_null(census);
    rows = admitted(census, 0, 200000, 1);
    assert_in_range(rows, 100, CENSUS_SERVERS / 4);
    assert_true(admits(census, 0, 0, 1)); /* the first of them is known yet */
    census_free(census);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ever_new_servers_get_no_more_rows_than_a_number),
        CASE(beyond_that_number_servers_have_rows_that_are_asked_often),
        CASE(with_each_doubling_it_takes_four_times_as_many_queries),
        CASE(who_has_a_row_keeps_it_for_the_quarter_of_an_hour),
        CASE(who_was_there_before_the_flood_has_a_row_amid_it),
        CASE(who_was_not_asked_for_a_quarter_begins_anew),
        CASE(each_quarter_and_each_source_has_its_own),
        CASE(an_answer_that_nobody_asked_for_makes_no_row_where_queries_are_seen),
        CASE(an_answer_to_an_earlier_quarters_query_was_asked_for),
        CASE(where_answers_alone_are_captured_servers_have_rows),
        cmocka_unit_test(little_memory_means_fewer_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
