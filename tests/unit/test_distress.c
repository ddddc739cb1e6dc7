#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "correlate/distress.h"

#define SECOND_NS INT64_C(1000000000)
#define START_NS  (INT64_C(1800000000) * SECOND_NS)

static const struct address one = {{[15] = 1}}, other = {{[15] = 2}};

static void unrelated_names_that_fail_together_are_counted(void **state)
{
    struct distress *distress = distress_new(1 << 20);

    (void)state;
    for (unsigned i = 0; i < 9; i++)
        distress_note(distress, &one, START_NS + i * SECOND_NS / 10, i / 3, 0, i, START_NS);
    assert_int_equal(distress_around(distress, &one, START_NS, 0).families, 3);
    assert_int_equal(distress_around(distress, &other, START_NS, 0).families, 0);
    assert_int_equal(distress_around(distress, &one, START_NS + 10 * SECOND_NS, 0).families, 0);
    distress_free(distress);
}

/* The ones that matter are far more than any list of the latest would hold. */
static void a_busy_resolvers_failures_are_remembered_until_they_are_judged(void **state)
{
    struct distress *distress = distress_new(1 << 20);
    uint64_t answers = 0;

    (void)state;
    for (int64_t at_ns = 0; at_ns < 12 * SECOND_NS; at_ns += SECOND_NS / 20000) {
        int64_t time_ns = START_NS + at_ns;
        uint64_t family = at_ns < 2 * SECOND_NS ? ++answers : 0;

        distress_note(distress, at_ns < 2 * SECOND_NS ? &one : &other, time_ns, family, 0, answers,
                      time_ns - 10 * SECOND_NS);
    }
    assert_true(distress_around(distress, &one, START_NS + SECOND_NS, 0).families >= 8);
    assert_int_equal(distress_around(distress, &other, START_NS + 6 * SECOND_NS, 0).families, 1);
    distress_free(distress);
}

static void few_failures_among_many_answers_are_no_distress(void **state)
{
    struct distress *distress = distress_new(1 << 20);

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        distress_note(distress, &one, START_NS + i * SECOND_NS / 20, i, 0, 100 * i, START_NS);
    assert_int_equal(distress_around(distress, &one, START_NS, 0).families, 1);
    distress_free(distress);
}

/* A resolver that many broken zones are asked of is in no distress. */
static void who_fails_for_a_reason_of_his_own_is_not_counted(void **state)
{
    struct distress *distress = distress_new(1 << 20);

    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        distress_note(distress, &one, START_NS, i, 0, i, START_NS);
        distress_note(distress, &other, START_NS, i, 0, i, START_NS);
    }
    for (unsigned i = 0; i < 6; i++)
        distress_explain(distress, &one, START_NS, i);
    assert_int_equal(distress_around(distress, &one, START_NS, 0).families, 3);
    assert_int_equal(distress_around(distress, &other, START_NS, 0).families, 9);
    /* It fails of it again, some day of something else. */
    distress_note(distress, &one, START_NS + 60 * SECOND_NS, 1, 0, 10, START_NS);
    distress_note(distress, &one, START_NS + 60 * SECOND_NS, 8, 0, 11, START_NS);
    assert_int_equal(distress_around(distress, &one, START_NS + 60 * SECOND_NS, 0).families, 1);
    distress_note(distress, &one, START_NS + 600 * SECOND_NS, 1, 0, 12, START_NS);
    assert_int_equal(distress_around(distress, &one, START_NS + 600 * SECOND_NS, 0).families, 1);
    distress_free(distress);
}

static void a_reason_of_another_clock_is_none(void **state)
{
    struct distress *distress = distress_new(1 << 20);

    (void)state;
    distress_note(distress, &one, START_NS + 3600 * SECOND_NS, 1, 0, 1, START_NS);
    distress_explain(distress, &one, START_NS + 3600 * SECOND_NS, 1);
    distress_note(distress, &one, START_NS, 1, 0, 2, START_NS);
    assert_int_equal(distress_around(distress, &one, START_NS, 0).families, 1);
    distress_free(distress);
}

static void the_names_of_each_party_are_counted_once(void **state)
{
    struct distress *distress = distress_new(1 << 20);

    (void)state;
    for (unsigned i = 0; i < 12; i++)
        distress_note(distress, &one, START_NS + i * SECOND_NS / 10, 7, 100 + i / 2, i, START_NS);
    distress_note(distress, &one, START_NS, 8, 200, 12, START_NS);
    distress_note(distress, &one, START_NS, 0, 0, 13, START_NS);
    assert_int_equal(distress_around(distress, &one, START_NS, 7).siblings, 6);
    assert_int_equal(distress_around(distress, &one, START_NS, 8).siblings, 1);
    assert_int_equal(distress_around(distress, &one, START_NS, 0).siblings, 0);
    assert_int_equal(distress_around(distress, &other, START_NS, 7).siblings, 0);
    assert_int_equal(distress_around(distress, &one, START_NS + 10 * SECOND_NS, 7).siblings, 0);
    distress_free(distress);
}

/* A crowd of resolvers that fail lose their own. */
static void a_crowd_of_resolvers_pushes_out_no_other(void **state)
{
    struct distress *distress = distress_new(64 << 10);

    (void)state;
    for (unsigned i = 0; i < 16; i++)
        distress_note(distress, &one, START_NS, i, 0, i, START_NS);
    for (unsigned i = 0; i < 100000; i++)
        distress_note(distress, &other, START_NS + i * SECOND_NS / 4, i, 0, i, START_NS);
    assert_int_equal(distress_around(distress, &one, START_NS, 0).families, 16);
    distress_free(distress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unrelated_names_that_fail_together_are_counted),
        cmocka_unit_test(a_busy_resolvers_failures_are_remembered_until_they_are_judged),
        cmocka_unit_test(few_failures_among_many_answers_are_no_distress),
        cmocka_unit_test(who_fails_for_a_reason_of_his_own_is_not_counted),
        cmocka_unit_test(a_reason_of_another_clock_is_none),
        cmocka_unit_test(the_names_of_each_party_are_counted_once),
        cmocka_unit_test(a_crowd_of_resolvers_pushes_out_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
