#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/hash.h"
#include "store/counts.h"
#include "store/thinning.h"

#define WHOLE         100
#define NOON_S        (INT64_C(1790000000) / 86400 * 86400 + 43200)
#define AT_S(seconds) ((NOON_S + (seconds)) * 1000000000)

static unsigned taken_of(struct thinning *thinning, unsigned count, int64_t time_ns)
{
    unsigned taken = 0;

    for (unsigned i = 0; i < count; i++)
        taken += thinning_takes(thinning, WHOLE, time_ns, hash_stable(&i, sizeof(i)));
    return taken;
}

static void the_first_of_an_hour_are_all_taken(void **state)
{
    struct thinning thinning = {0};

    (void)state;
    assert_int_equal(taken_of(&thinning, WHOLE, AT_S(0)), WHOLE);
}

static void what_is_taken_grows_with_the_logarithm(void **state)
{
    struct thinning small = {0}, large = {0};
    unsigned of_small = taken_of(&small, 64 * WHOLE, AT_S(0));
    unsigned of_large = taken_of(&large, 64 * 64 * WHOLE, AT_S(0));

    (void)state;
    assert_in_range(of_small, 3 * WHOLE, 6 * WHOLE);
    assert_in_range(of_large, of_small + WHOLE, of_small + 6 * WHOLE);
}

static void who_chooses_names_by_their_hash_gets_little_more(void **state)
{
    struct thinning thinning = {0};
    unsigned taken = 0;

    (void)state;
    for (unsigned i = 0; i < 64 * WHOLE; i++)
        taken += thinning_takes(&thinning, WHOLE, AT_S(0), 0);
    assert_in_range(taken, 6 * WHOLE, 8 * WHOLE);
}

static void each_hour_begins_anew(void **state)
{
    struct thinning thinning = {0};

    (void)state;
    taken_of(&thinning, 64 * WHOLE, AT_S(0));
    assert_int_equal(taken_of(&thinning, WHOLE, AT_S(3600)), WHOLE);
}

static void what_comes_late_does_not_begin_the_hour_anew(void **state)
{
    struct thinning thinning = {0};
    unsigned taken = 0;

    (void)state;
    for (unsigned i = 0; i < 64 * WHOLE; i++)
        taken +=
            thinning_takes(&thinning, WHOLE, AT_S(i % 2 ? 3601 : 3599), hash_stable(&i, sizeof(i)));
    assert_in_range(taken, 3 * WHOLE, 7 * WHOLE);
}

static void a_clock_that_was_set_back_begins_anew(void **state)
{
    struct thinning thinning = {0};

    (void)state;
    taken_of(&thinning, 64 * WHOLE, AT_S(0));
    assert_int_equal(taken_of(&thinning, WHOLE, AT_S(-30000)), WHOLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_an_hour_are_all_taken),
        cmocka_unit_test(what_is_taken_grows_with_the_logarithm),
        cmocka_unit_test(who_chooses_names_by_their_hash_gets_little_more),
        cmocka_unit_test(each_hour_begins_anew),
        cmocka_unit_test(what_comes_late_does_not_begin_the_hour_anew),
        cmocka_unit_test(a_clock_that_was_set_back_begins_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
