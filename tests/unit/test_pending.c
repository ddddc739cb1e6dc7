#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/pending.h"

#define ROOM (1 << 20)

static struct servfail servfail_at(int64_t time_ns, uint16_t id)
{
    struct servfail servfail = {.time_ns = time_ns, .id = id, .frame = 1000u + id};

    assert_int_equal(name_from_text(&servfail.qname, "www.example.com."), 0);
    return servfail;
}

static void add(struct pending *pending, int64_t time_ns, uint16_t id)
{
    struct servfail servfail = servfail_at(time_ns, id);

    pending_add(pending, &servfail);
}

static void assert_taken(struct pending *pending, int64_t time_ns, uint16_t id)
{
    struct servfail servfail;
    int64_t first_ns;

    assert_true(pending_first(pending, &first_ns));
    assert_int_equal(first_ns, time_ns);
    pending_take(pending, &servfail);
    assert_int_equal(servfail.time_ns, time_ns);
    assert_int_equal(servfail.id, id);
    assert_int_equal(servfail.frame, 1000u + id);
}

static void they_come_in_order_of_time_and_then_of_content(void **state)
{
    struct pending *pending = pending_new(ROOM);
    int64_t none_ns;

    (void)state;
    add(pending, 30, 5);
    add(pending, 10, 9);
    add(pending, 20, 7);
    add(pending, 20, 3);
    add(pending, 40, 1);
    assert_taken(pending, 10, 9);
    assert_taken(pending, 20, 3);
    assert_taken(pending, 20, 7);
    assert_taken(pending, 30, 5);
    assert_taken(pending, 40, 1);
    assert_false(pending_first(pending, &none_ns));
    pending_free(pending);
}

/* As in captures with coarse time stamps. */
static void thousands_of_one_moment_come_in_order(void **state)
{
    struct pending *pending = pending_new(ROOM);
    enum { COUNT = 3000 };

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) /* each once, in no order */
        add(pending, 7, (uint16_t)(i * 1009 % COUNT));
    for (unsigned i = 0; i < COUNT; i++)
        assert_taken(pending, 7, (uint16_t)i);
    pending_free(pending);
}

static void those_that_are_the_same_come_as_they_came(void **state)
{
    struct pending *pending = pending_new(ROOM);
    struct servfail servfail = servfail_at(7, 1);

    (void)state;
    for (servfail.frame = 1; servfail.frame <= 100; servfail.frame++)
        pending_add(pending, &servfail);
    for (uint64_t frame = 1; frame <= 100; frame++) {
        pending_take(pending, &servfail);
        assert_int_equal(servfail.frame, frame);
    }
    pending_free(pending);
}

static void all_that_is_known_of_one_is_kept(void **state)
{
    struct pending *pending = pending_new(ROOM);
    struct servfail servfail = servfail_at(7, 1), taken;

    (void)state;
    servfail.ede_count = INCIDENT_EDE_MAX;
    for (unsigned i = 0; i < INCIDENT_EDE_MAX; i++) {
        servfail.ede[i].code = (uint16_t)(20 + i);
        servfail.ede[i].text_size = (uint8_t)(i * EDE_TEXT_SIZE / (INCIDENT_EDE_MAX - 1));
        memset(servfail.ede[i].text, 'a' + (int)i, servfail.ede[i].text_size);
    }
    pending_add(pending, &servfail);
    pending_take(pending, &taken);
    assert_true(name_equal(&taken.qname, &servfail.qname));
    assert_int_equal(taken.ede_count, INCIDENT_EDE_MAX);
    for (unsigned i = 0; i < INCIDENT_EDE_MAX; i++) {
        assert_int_equal(taken.ede[i].code, servfail.ede[i].code);
        assert_int_equal(taken.ede[i].text_size, servfail.ede[i].text_size);
        assert_memory_equal(taken.ede[i].text, servfail.ede[i].text, taken.ede[i].text_size);
    }
    pending_free(pending);
}

/* A thousand failures a second for the ten seconds that answers are waited for. */
static void a_mebibyte_holds_thousands(void **state)
{
    struct pending *pending = pending_new(ROOM);
    struct table_fill fill;
    int64_t count = 0;

    (void)state;
    while (!pending_is_over(pending))
        add(pending, ++count, 1);
    assert_true(count > 3000);
    assert_true(count < ROOM / 100);
    pending_count(pending, &fill);
    assert_int_equal(fill.used, count);
    assert_int_equal(fill.evicted, 0);
    assert_taken(pending, 1, 1);
    assert_false(pending_is_over(pending));
    pending_free(pending);
}

static void add_of(struct pending *pending, int64_t time_ns, const char *name)
{
    struct servfail servfail = {.time_ns = time_ns};

    assert_int_equal(name_from_text(&servfail.qname, name), 0);
    pending_add(pending, &servfail);
}

/* Each for a name of its own below one zone, between others' that came before and after. */
static void a_flood_is_judged_early_and_others_are_waited_for(void **state)
{
    struct pending *pending = pending_new(ROOM);
    struct servfail servfail;
    int64_t now = 0, early = 0, time_ns;
    char name[NAME_TEXT_SIZE];

    (void)state;
    while (now < 20000) {
        snprintf(name, sizeof(name), "x%d.victim.test.", (int)now);
        add_of(pending, now, name);
        if (now++ % 100 == 50) {
            snprintf(name, sizeof(name), "www.genuine%d.test.", (int)now);
            add_of(pending, now, name);
        }
        while (pending_is_over(pending)) {
            pending_take_largest(pending, &servfail);
            name_to_text(servfail.qname.bytes, servfail.qname.size_bytes, name);
            assert_non_null(strstr(name, "victim.test."));
            assert_true(servfail.time_ns >= early);
            early = servfail.time_ns;
        }
    }
    assert_true(early > 10000);
    for (int64_t i = 50; i < early; i += 100) {
        assert_true(pending_first(pending, &time_ns));
        assert_int_equal(time_ns, i + 1);
        pending_take(pending, &servfail);
    }
    pending_free(pending);
}

/* A name each: nobody's are too many. */
static void where_nobody_has_many_the_first_go_early(void **state)
{
    struct pending *pending = pending_new(ROOM);
    struct servfail servfail;
    int64_t expected = 0;
    char name[NAME_TEXT_SIZE];

    (void)state;
    for (int64_t now = 0; now < 10000; now++) {
        snprintf(name, sizeof(name), "www.zone%d.test.", (int)now / 2);
        add_of(pending, now, name);
        while (pending_is_over(pending)) {
            pending_take_largest(pending, &servfail);
            assert_int_equal(servfail.time_ns, expected++);
        }
    }
    assert_true(expected > 5000);
    pending_free(pending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_in_order_of_time_and_then_of_content),
        cmocka_unit_test(thousands_of_one_moment_come_in_order),
        cmocka_unit_test(those_that_are_the_same_come_as_they_came),
        cmocka_unit_test(all_that_is_known_of_one_is_kept),
        cmocka_unit_test(a_mebibyte_holds_thousands),
        cmocka_unit_test(a_flood_is_judged_early_and_others_are_waited_for),
        cmocka_unit_test(where_nobody_has_many_the_first_go_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
