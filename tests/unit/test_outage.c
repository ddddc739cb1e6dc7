/* Which incidents are one outage, when there are more than there is room for, and after a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "correlate/outage.h"
#include "samples.h"

#define ROOM 16 /* with the least memory */

static int begin(void **state)
{
    *state = outages_new(0);
    assert_non_null(*state);
    return 0;
}

static int end(void **state)
{
    outages_free(*state);
    return 0;
}

/* Of a zone, or (none) of servers: the last numbers of their addresses. The outage it belongs to.
 */
static uint64_t fails(struct outages *outages, unsigned second, const char *zone,
                      const char *servers, bool *opens)
{
    static struct incident incident;
    struct outage_change change;

    sample_incident(&incident, second);
    incident.time_ns = second * SECOND_NS;
    incident.outage = 0;
    incident.zone = zone ? sample_name(zone) : (struct name){.size_bytes = 0};
    incident.server_count = 0;
    for (; *servers; servers++) {
        incident.servers[incident.server_count] =
            (struct blamed_server){.address = sample_address("192.0.2.0")};
        incident.servers[incident.server_count++].address.bytes[15] = (uint8_t)*servers;
    }
    *opens = outages_assign(outages, &incident, &change);
    return incident.outage;
}

static void without_a_zone_the_servers_make_the_outage_in_whatever_order(void **state)
{
    bool opens;
    uint64_t first = fails(*state, 0, NULL, "cab", &opens);

    assert_true(opens);
    assert_int_equal(fails(*state, 1, NULL, "abc", &opens), first);
    assert_false(opens);
    assert_int_not_equal(fails(*state, 2, NULL, "ab", &opens), first);
    assert_true(opens);
}

static void without_a_zone_it_goes_on_after_a_restart(void **state)
{
    struct outages *before = outages_new(0);
    struct outage_change change = {.cause = CAUSE_LAME_REFUSED, .server_count = 3};
    bool opens;

    change.identity = fails(before, 0, NULL, "cab", &opens);
    for (unsigned i = 0; i < 3; i++) { /* as the database has them */
        change.servers[i].address = sample_address("192.0.2.0");
        change.servers[i].address.bytes[15] = (uint8_t)('a' + i);
    }
    assert_true(outages_resume(*state, &change));
    assert_int_equal(fails(*state, 1, NULL, "cab", &opens), change.identity);
    assert_false(opens);
    outages_free(before);
}

static void what_lies_ahead_of_a_clock_that_was_set_back_is_over(void **state)
{
    struct outage_change change;
    bool opens;
    uint64_t before = fails(*state, 90000, "example.com.", "a", &opens);
    uint64_t other = fails(*state, 90001, "example.org.", "a", &opens);

    assert_int_not_equal(fails(*state, 100, "example.com.", "a", &opens), before);
    assert_true(opens);
    assert_true(outages_pushed_out(*state, &change));
    assert_true(change.identity == before);
    assert_true(change.first_time_ns == change.last_time_ns);
    assert_true(outages_closed(*state, 101 * SECOND_NS, &change));
    assert_true(change.identity == other);
    assert_false(outages_closed(*state, 101 * SECOND_NS, &change));
}

static void a_clock_set_back_a_little_ends_nothing(void **state)
{
    struct outage_change change;
    bool opens;
    uint64_t outage = fails(*state, 90000, "example.com.", "a", &opens);

    assert_int_equal(fails(*state, 89400, "example.com.", "a", &opens), outage);
    assert_false(outages_closed(*state, 89401 * SECOND_NS, &change));
}

static const char *zone_text(unsigned i)
{
    static char text[32];

    snprintf(text, sizeof(text), "zone%u.example.", i);
    return text;
}

static void the_longest_quiet_is_closed_to_make_room(void **state)
{
    struct outages *outages = *state;
    struct outage_change change;
    uint64_t identities[ROOM];
    bool opens;

    for (unsigned i = 0; i < ROOM; i++) {
        identities[i] = fails(outages, i, zone_text(i), "a", &opens);
        assert_false(outages_pushed_out(outages, &change));
    }
    fails(outages, ROOM, zone_text(0), "a", &opens);
    assert_false(opens);
    fails(outages, ROOM + 1, "another.example.", "a", &opens);
    assert_true(opens);
    assert_true(outages_pushed_out(outages, &change));
    assert_true(change.closed);
    assert_int_equal(change.identity, identities[1]);
    assert_int_equal(change.incidents, 1);
    assert_false(outages_pushed_out(outages, &change));
    fails(outages, ROOM + 2, zone_text(1), "a", &opens);
    assert_true(opens);
}

static void all_that_open_close(void **state)
{
    struct outages *outages = *state;
    struct outage_change change;
    unsigned opened = 0, closed = 0;
    bool opens;

    for (unsigned i = 0; i < 5 * ROOM; i++) {
        fails(outages, i, zone_text(i % (ROOM + 3)), "a", &opens);
        opened += opens;
        closed += outages_pushed_out(outages, &change);
    }
    assert_int_equal(opened - closed, ROOM);
    while (outages_closed(outages, OUTAGE_PAUSE_NS + 5 * ROOM * SECOND_NS, &change))
        closed++;
    assert_int_equal(opened, closed);
}

static void what_there_is_no_room_for_is_not_resumed(void **state)
{
    struct outage_change change = {.cause = CAUSE_LAME_REFUSED};

    for (unsigned i = 0; i <= ROOM; i++) {
        change.identity = i + 1;
        change.zone = sample_name(zone_text(i));
        assert_int_equal(outages_resume(*state, &change), i < ROOM);
    }
    assert_false(outages_pushed_out(*state, &change));
}

/* Sensors of a fleet need not have the same processor. */
static void an_outage_is_named_alike_on_every_machine(void **state)
{
    bool opens;

    assert_int_equal(fails(*state, 0, "example.com.", "", &opens), UINT64_C(0x5a8da4ab8fdba20b));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_outage_is_named_alike_on_every_machine),
        CASE(without_a_zone_the_servers_make_the_outage_in_whatever_order),
        CASE(without_a_zone_it_goes_on_after_a_restart),
        CASE(what_lies_ahead_of_a_clock_that_was_set_back_is_over),
        CASE(a_clock_set_back_a_little_ends_nothing),
        CASE(the_longest_quiet_is_closed_to_make_room),
        CASE(all_that_open_close),
        CASE(what_there_is_no_room_for_is_not_resumed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
