/* What a thread makes ahead is what would have been read without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/read_ahead.h"

/* Makes octets that follow from their place, in pieces of uneven length. */
struct maker {
    uint64_t made;
    uint64_t total;
    int status; /* what comes behind */
    unsigned ends;
};

static uint8_t octet_at(uint64_t place)
{
    return (uint8_t)(place * 31 >> 3 ^ place >> 11);
}

static ssize_t make(void *context, uint8_t *bytes, size_t size, uint64_t *done, struct error *error)
{
    struct maker *maker = context;
    size_t piece = 1 + maker->made * 7 % 5000;

    if (piece > size)
        piece = size;
    if (piece > maker->total - maker->made)
        piece = (size_t)(maker->total - maker->made);
    if (piece == 0 && ++maker->ends && maker->status < 0)
        return error_set(error, "torn at %d", (int)maker->total);
    for (size_t i = 0; i < piece; i++)
        bytes[i] = octet_at(maker->made + i);
    maker->made += piece;
    *done = maker->made / 10;
    return (ssize_t)piece;
}

static struct read_ahead *start(struct maker *maker, uint64_t total, int status)
{
    struct read_ahead *ahead;

    *maker = (struct maker){.total = total, .status = status};
    ahead = read_ahead_start(make, maker);
    assert_non_null(ahead);
    return ahead;
}

/* Reads all, in pieces that fit nothing, and returns what came then. */
static ssize_t read_all(struct read_ahead *ahead, uint64_t total, struct error *error)
{
    static uint8_t bytes[70000];
    uint64_t read = 0;
    ssize_t got;

    while ((got = read_ahead_read(ahead, bytes, 1 + read % sizeof(bytes), error)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            assert_int_equal(bytes[i], octet_at(read + (uint64_t)i));
        read += (uint64_t)got;
        assert_true(read_ahead_done(ahead) <= total / 10);
    }
    assert_int_equal(read, total);
    assert_int_equal(read_ahead_done(ahead), total / 10);
    return got;
}

static void bytes_come_in_order_and_whole(void **state)
{
    static const uint64_t totals[] = {0, 1, 131071, 131072, 131073, 4 * 131072, 3000000};

    (void)state;
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        struct maker maker;
        struct error error;
        struct read_ahead *ahead = start(&maker, totals[i], 0);

        assert_int_equal(read_all(ahead, totals[i], &error), 0);
        read_ahead_stop(ahead);
        assert_int_equal(maker.ends, 1);
    }
}

static void damage_comes_behind_what_was_before_it_and_stays(void **state)
{
    struct error error, again;
    struct maker maker;
    struct read_ahead *ahead = start(&maker, 1000000, -1);
    uint8_t octet;

    (void)state;
    assert_int_equal(read_all(ahead, 1000000, &error), -1);
    assert_string_equal(error.text, "torn at 1000000");
    assert_int_equal(read_ahead_read(ahead, &octet, 1, &again), -1);
    assert_string_equal(again.text, "torn at 1000000");
    read_ahead_stop(ahead);
    assert_int_equal(maker.ends, 1);
}

static void no_more_is_made_than_there_is_room_for(void **state)
{
    struct error error;
    struct maker maker;
    struct read_ahead *ahead = start(&maker, UINT64_MAX, 0);
    uint8_t octet;

    (void)state;
    assert_int_equal(read_ahead_read(ahead, &octet, 1, &error), 1);
    read_ahead_stop(ahead);
    assert_in_range(maker.made, 1, 1 << 20);
}

static void it_stops_though_nobody_reads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        struct maker maker;

        read_ahead_stop(start(&maker, UINT64_MAX, 0));
        assert_in_range(maker.made, 0, 1 << 20);
    }
    read_ahead_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_in_order_and_whole),
        cmocka_unit_test(damage_comes_behind_what_was_before_it_and_stays),
        cmocka_unit_test(no_more_is_made_than_there_is_room_for),
        cmocka_unit_test(it_stops_though_nobody_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
