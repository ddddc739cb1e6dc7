#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/minutes.h"

#define MINUTE_NS INT64_C(60000000000)
#define ROOM      (1 << 20)

static struct minute_counters minute(int64_t number, const char *server, uint32_t source,
                                     uint64_t queries)
{
    struct minute_counters minute = {
        .minute_ns = number * MINUTE_NS, .source = source, .queries = queries};

    assert_int_equal(address_from_text(&minute.server, server), 0);
    minute.rcodes[2] = 1;
    minute.latency[LATENCY_BUCKETS - 1] = 2;
    return minute;
}

static void add(struct minutes *minutes, int64_t number, const char *server, uint32_t source,
                uint64_t queries)
{
    struct minute_counters one = minute(number, server, source, queries);

    minutes_add(minutes, &one);
}

static void assert_next(struct minutes *minutes, int64_t number, const char *server,
                        uint64_t queries)
{
    const struct minute_counters *next = minutes_next(minutes);
    struct address address;

    assert_non_null(next);
    assert_int_equal(address_from_text(&address, server), 0);
    assert_int_equal(next->minute_ns, number * MINUTE_NS);
    assert_true(address_equal(&next->server, &address));
    assert_int_equal(next->queries, queries);
}

static void parts_of_a_minute_are_put_together(void **state)
{
    struct minutes *minutes = minutes_new(ROOM);
    const struct minute_counters *sum;

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        add(minutes, 7, "192.0.2.1", 3, 2);
    assert_null(minutes_next(minutes));
    minutes_release(minutes, INT64_MAX);
    sum = minutes_next(minutes);
    assert_non_null(sum);
    assert_int_equal(sum->queries, 2000);
    assert_int_equal(sum->rcodes[2], 1000);
    assert_int_equal(sum->latency[LATENCY_BUCKETS - 1], 2000);
    assert_null(minutes_next(minutes));
    minutes_free(minutes);
}

static void servers_sides_minutes_and_files_stay_apart(void **state)
{
    struct minutes *minutes = minutes_new(ROOM);
    struct minute_counters resolver = minute(7, "192.0.2.1", 3, 5);

    (void)state;
    resolver.is_resolver = true;
    add(minutes, 7, "192.0.2.1", 4, 2);
    minutes_add(minutes, &resolver);
    add(minutes, 8, "192.0.2.1", 3, 3);
    add(minutes, 7, "192.0.2.1", 3, 1);
    add(minutes, 7, "192.0.2.2", 3, 4);
    minutes_release(minutes, INT64_MAX);
    assert_next(minutes, 7, "192.0.2.1", 5);
    assert_next(minutes, 7, "192.0.2.2", 4);
    assert_next(minutes, 8, "192.0.2.1", 3);
    assert_next(minutes, 7, "192.0.2.1", 2);
    assert_next(minutes, 7, "192.0.2.1", 1);
    assert_null(minutes_next(minutes));
    minutes_free(minutes);
}

static void the_most_asked_come_first_and_then_the_order_of_time_and_address(void **state)
{
    struct minutes *minutes = minutes_new(ROOM);

    (void)state;
    add(minutes, 7, "192.0.2.2", 3, 1);
    add(minutes, 8, "192.0.2.1", 3, 1);
    add(minutes, 7, "192.0.2.1", 3, 1);
    add(minutes, 9, "192.0.2.9", 3, 2);
    minutes_release(minutes, INT64_MAX);
    assert_next(minutes, 9, "192.0.2.9", 2);
    assert_next(minutes, 7, "192.0.2.1", 1);
    assert_next(minutes, 7, "192.0.2.2", 1);
    assert_next(minutes, 8, "192.0.2.1", 1);
    assert_null(minutes_next(minutes));
    minutes_free(minutes);
}

static void what_comes_while_they_are_handed_out_is_not_lost(void **state)
{
    struct minutes *minutes = minutes_new(ROOM);

    (void)state;
    add(minutes, 7, "192.0.2.1", 3, 1);
    minutes_release(minutes, INT64_MAX);
    assert_next(minutes, 7, "192.0.2.1", 1);
    add(minutes, 7, "192.0.2.1", 3, 10);
    assert_null(minutes_next(minutes));
    add(minutes, 7, "192.0.2.1", 3, 100);
    assert_null(minutes_next(minutes));
    minutes_release(minutes, INT64_MAX);
    assert_next(minutes, 7, "192.0.2.1", 110);
    assert_null(minutes_next(minutes));
    minutes_free(minutes);
}

static void what_is_not_over_waits_for_the_rest_of_its_minute(void **state)
{
    struct minutes *minutes = minutes_new(ROOM);

    (void)state;
    add(minutes, 8, "192.0.2.1", 3, 1);
    add(minutes, 7, "192.0.2.2", 3, 10);
    add(minutes, 8, "192.0.2.3", 3, 100);
    minutes_release(minutes, 8 * MINUTE_NS - 1);
    assert_null(minutes_next(minutes));
    minutes_release(minutes, 9 * MINUTE_NS - 1);
    assert_next(minutes, 7, "192.0.2.2", 10);
    assert_null(minutes_next(minutes));
    add(minutes, 8, "192.0.2.1", 3, 1000);
    add(minutes, 8, "192.0.2.3", 3, 10000);
    assert_null(minutes_next(minutes));
    minutes_release(minutes, 9 * MINUTE_NS);
    assert_next(minutes, 8, "192.0.2.3", 10100);
    assert_next(minutes, 8, "192.0.2.1", 1001);
    assert_null(minutes_next(minutes));
    minutes_free(minutes);
}

/* However many servers there are, what waits has a bound, and all of it comes out. */
static void more_than_may_wait_is_handed_out_early(void **state)
{
    const unsigned servers = 20000;
    struct minutes *minutes = minutes_new(ROOM);
    struct table_fill fill;
    uint64_t queries = 0, waiting_max = 0;

    (void)state;
    for (unsigned i = 0; i < servers; i++) {
        struct minute_counters one = minute(7, "192.0.2.1", 3, 1);
        const struct minute_counters *next;

        memcpy(one.server.bytes + 12, &i, sizeof(i));
        minutes_add(minutes, &one);
        minutes_count(minutes, &fill);
        waiting_max = fill.used > waiting_max ? fill.used : waiting_max;
        while ((next = minutes_next(minutes)) != NULL)
            queries += next->queries;
    }
    assert_true(queries > 0);
    assert_true(waiting_max * sizeof(uint32_t[40]) < ROOM);
    minutes_release(minutes, INT64_MAX);
    for (const struct minute_counters *next; (next = minutes_next(minutes)) != NULL;)
        queries += next->queries;
    minutes_count(minutes, &fill);
    assert_int_equal(queries, servers);
    assert_int_equal(fill.used, 0);
    assert_int_equal(fill.evicted, 0);
    minutes_free(minutes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_minute_are_put_together),
        cmocka_unit_test(servers_sides_minutes_and_files_stay_apart),
        cmocka_unit_test(the_most_asked_come_first_and_then_the_order_of_time_and_address),
        cmocka_unit_test(what_comes_while_they_are_handed_out_is_not_lost),
        cmocka_unit_test(what_is_not_over_waits_for_the_rest_of_its_minute),
        cmocka_unit_test(more_than_may_wait_is_handed_out_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
