/* Captures by several hosts' clocks: when these are believed to differ, and by how much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/clocks.h"
#include "decode/codes.h"
#include "decode/hash.h"

#define MS INT64_C(1000000)

enum { CLIENT = 10, RESOLVER, FORWARDER, SERVER };
enum { OUTER, INNER, INNERMOST, CAPTURES };

static int begin(void **state)
{
    struct clocks *clocks = clocks_new(CAPTURES);

    for (size_t i = 0; i < CAPTURES; i++)
        clocks_set_extent(clocks, i, 0, 1000000 * MS);
    *state = clocks;
    return 0;
}

static int end(void **state)
{
    clocks_free(*state);
    return 0;
}

static void sees(struct clocks *clocks, size_t capture, int asker, int asked, int name, bool answer,
                 int64_t at_ms)
{
    struct event event = {.kind = EVENT_DNS, .time_ns = at_ms * MS};
    uint64_t parties[] = {(uint64_t)asker, (uint64_t)asked, (uint64_t)name};

    event.flow.source.bytes[15] = (uint8_t)(answer ? asked : asker);
    event.flow.destination.bytes[15] = (uint8_t)(answer ? asker : asked);
    event.dns.qtype = TYPE_A;
    event.dns.flags = answer ? DNS_QR : 0;
    event.dns.qname.size_bytes = 5;
    event.dns.qname_hash = hash_bytes(&name, sizeof(name));
    event.dns.exchange_hash = hash_bytes(parties, sizeof(parties));
    clocks_see(clocks, capture, &event);
}

/* A name every ten seconds, for each of which the resolver asks a server. */
static void resolve(struct clocks *clocks, int name, int64_t shift_ms)
{
    int64_t at_ms = name * 10000 + name * name % 700;

    sees(clocks, OUTER, CLIENT, RESOLVER, name, false, at_ms);
    sees(clocks, INNER, RESOLVER, SERVER, name, false, at_ms + 1 - shift_ms);
    sees(clocks, INNER, RESOLVER, SERVER, name, true, at_ms + 20 - shift_ms);
    sees(clocks, OUTER, CLIENT, RESOLVER, name, true, at_ms + 21);
}

static const struct clock_shift *compare(struct clocks *clocks)
{
    static struct clock_shift shifts[CAPTURES];

    assert_int_equal(clocks_compare(clocks, shifts), 0);
    return shifts;
}

static void a_clock_that_is_behind_is_shifted_to_the_clients(void **state)
{
    const struct clock_shift *shifts;

    for (int name = 1; name <= 5; name++)
        resolve(*state, name, 300);
    shifts = compare(*state);
    assert_int_equal(shifts[INNER].names, 5);
    assert_int_equal(shifts[INNER].reference, OUTER);
    assert_in_range(shifts[INNER].shift_ns, 299 * MS, 301 * MS);
    assert_int_equal(shifts[OUTER].names, 0);
    assert_int_equal(shifts[OUTER].shift_ns, 0);
}

static void clocks_that_agree_are_left_alone(void **state)
{
    for (int name = 1; name <= 50; name++)
        resolve(*state, name, 0);
    assert_int_equal(compare(*state)[INNER].shift_ns, 0);
    assert_int_equal(compare(*state)[INNER].names, 0);
}

static void two_names_are_no_proof(void **state)
{
    resolve(*state, 1, 300);
    resolve(*state, 2, 300);
    assert_int_equal(compare(*state)[INNER].shift_ns, 0);
}

/* As names that the resolver fetched anew by itself, a moment before a client asked. */
static void some_that_deny_what_most_say_do_not_count(void **state)
{
    for (int name = 1; name <= 40; name++)
        resolve(*state, name, name % 10 == 0 ? 700 : 0);
    assert_int_equal(compare(*state)[INNER].shift_ns, 0);
    for (int name = 41; name <= 44; name++)
        resolve(*state, name, 700);
    assert_int_equal(compare(*state)[INNER].shift_ns, 0);
}

static void names_that_agree_on_nothing_are_not_believed(void **state)
{
    for (int name = 1; name <= 40; name++)
        resolve(*state, name, 50 * name);
    assert_int_equal(compare(*state)[INNER].shift_ns, 0);
}

static void what_was_not_captured_at_one_time_is_not_compared(void **state)
{
    for (int name = 1; name <= 5; name++)
        resolve(*state, name, 300);
    clocks_set_extent(*state, INNER, 2000000 * MS, 3000000 * MS);
    assert_false(clocks_need(*state, INNER));
    assert_true(clocks_need(*state, OUTER));
    assert_int_equal(compare(*state)[INNER].shift_ns, 0);
}

/* One client, two resolvers. */
static void a_client_that_asks_two_says_nothing(void **state)
{
    for (int name = 1; name <= 5; name++) {
        sees(*state, OUTER, CLIENT, RESOLVER, name, false, name * 10000);
        sees(*state, INNER, CLIENT, FORWARDER, name, false, name * 10000 + 2000);
        sees(*state, INNER, CLIENT, FORWARDER, name, true, name * 10000 + 2010);
        sees(*state, OUTER, CLIENT, RESOLVER, name, true, name * 10000 + 50);
    }
    assert_int_equal(compare(*state)[INNER].shift_ns, 0);
}

/* Captures of the same packets: one of them is right. */
static void copies_are_brought_together(void **state)
{
    const struct clock_shift *shifts;

    for (int name = 1; name <= 5; name++) {
        for (size_t capture = OUTER; capture <= INNER; capture++) {
            int64_t at_ms = name * 10000 + (capture == INNER ? 2000 : 0);

            sees(*state, capture, CLIENT, RESOLVER, name, false, at_ms);
            sees(*state, capture, CLIENT, RESOLVER, name, true, at_ms + 9);
        }
    }
    shifts = compare(*state);
    assert_int_equal(shifts[OUTER].names + shifts[INNER].names, 5);
    assert_in_range(shifts[OUTER].shift_ns - shifts[INNER].shift_ns, 1999 * MS, 2001 * MS);
}

/* The forwarder's capture is told by the resolver's, which is told by the clients'. */
static void clocks_are_told_one_by_another(void **state)
{
    const struct clock_shift *shifts;

    for (int name = 1; name <= 5; name++) {
        int64_t at_ms = name * 10000;

        sees(*state, OUTER, CLIENT, RESOLVER, name, false, at_ms);
        sees(*state, INNER, RESOLVER, FORWARDER, name, false, at_ms + 1 - 500);
        sees(*state, INNERMOST, FORWARDER, SERVER, name, false, at_ms + 2 + 4000);
        sees(*state, INNERMOST, FORWARDER, SERVER, name, true, at_ms + 3 + 4000);
        sees(*state, INNER, RESOLVER, FORWARDER, name, true, at_ms + 4 - 500);
        sees(*state, OUTER, CLIENT, RESOLVER, name, true, at_ms + 5);
    }
    shifts = compare(*state);
    assert_int_equal(shifts[OUTER].shift_ns, 0);
    assert_in_range(shifts[INNER].shift_ns, 499 * MS, 501 * MS);
    assert_in_range(-shifts[INNERMOST].shift_ns, 3998 * MS, 4002 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_clock_that_is_behind_is_shifted_to_the_clients, begin,
                                        end),
        cmocka_unit_test_setup_teardown(clocks_that_agree_are_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(two_names_are_no_proof, begin, end),
        cmocka_unit_test_setup_teardown(some_that_deny_what_most_say_do_not_count, begin, end),
        cmocka_unit_test_setup_teardown(names_that_agree_on_nothing_are_not_believed, begin, end),
        cmocka_unit_test_setup_teardown(what_was_not_captured_at_one_time_is_not_compared, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_client_that_asks_two_says_nothing, begin, end),
        cmocka_unit_test_setup_teardown(copies_are_brought_together, begin, end),
        cmocka_unit_test_setup_teardown(clocks_are_told_one_by_another, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
