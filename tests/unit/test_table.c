#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/table.h"
#include "decode/hash.h"

static uint64_t key_of(uint32_t number)
{
    return hash_bytes(&number, sizeof(number));
}

static uint32_t *add(struct table *table, uint32_t number, uint32_t holder)
{
    uint32_t *slot = table_add(table, key_of(number), key_of(holder));

    *slot = number;
    return slot;
}

static bool has(const struct table *table, uint32_t number)
{
    const uint32_t *slot = table_find(table, key_of(number));

    return slot && *slot == number;
}

static void what_was_added_is_found_until_it_is_removed(void **state)
{
    struct table *table = table_new(sizeof(uint32_t), 5000, NULL, NULL);

    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        add(table, i, i % 17);
    for (uint32_t i = 0; i < 5000; i += 3)
        table_remove(table, table_find(table, key_of(i)));
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(has(table, i), i % 3 != 0);
    assert_int_equal(table_evicted(table), 0);
    assert_int_equal(table_used(table), 3333);
    table_free(table);
}

static void a_flood_pushes_out_itself(void **state)
{
    struct table *table = table_new(sizeof(uint32_t), 1000, NULL, NULL);

    (void)state;
    for (uint32_t i = 0; i < 50; i++)
        add(table, i, i); /* fifty holders with one slot each */
    for (uint32_t i = 1000; i < 100000; i++)
        add(table, i, 777); /* one with a hundred thousand */
    for (uint32_t i = 0; i < 50; i++)
        assert_true(has(table, i));
    assert_true(has(table, 99999));
    assert_false(has(table, 1000));
    assert_int_equal(table_used(table), 1000);
    assert_int_equal(table_evicted(table), 50 + 99000 - 1000);
    table_free(table);
}

static void the_newest_of_a_key_comes_first_and_older_ones_follow(void **state)
{
    struct table *table = table_new(sizeof(uint32_t), 16, NULL, NULL);
    uint32_t *slots[3], *slot;

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        slots[i] = table_add(table, 42, 1);
        *slots[i] = i;
    }
    table_remove(table, slots[1]);
    slot = table_find(table, 42);
    assert_int_equal(*slot, 2);
    slot = table_find_next(table, slot);
    assert_int_equal(*slot, 0);
    assert_null(table_find_next(table, slot));
    table_free(table);
}

static void what_is_touched_outlives_what_is_not(void **state)
{
    struct table *table = table_new(sizeof(uint32_t), 10, NULL, NULL);

    (void)state;
    for (uint32_t i = 0; i < 10; i++)
        add(table, i, 0);
    table_touch(table, table_find(table, key_of(0)));
    add(table, 10, 0);
    assert_true(has(table, 0));
    assert_false(has(table, 1));
    assert_int_equal(*(uint32_t *)table_oldest(table), 2);
    table_free(table);
}

static void count_release(void *context, void *slot)
{
    (void)slot;
    ++*(unsigned *)context;
}

static void every_slot_is_released_once(void **state)
{
    unsigned released = 0;
    struct table *table = table_new(sizeof(uint32_t), 8, count_release, &released);

    (void)state;
    for (uint32_t i = 0; i < 20; i++)
        add(table, i, i % 3);
    assert_int_equal(released, 12);
    table_remove(table, table_oldest(table));
    table_free(table);
    assert_int_equal(released, 20);
}

/* The index of holders has to grow although no slot is free. */
static void a_table_filled_by_one_holder_takes_all_others(void **state)
{
    struct table *table = table_new(sizeof(uint32_t), 1000, NULL, NULL);

    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        add(table, i, 777);
    for (uint32_t i = 1000; i < 1900; i++)
        add(table, i, i);
    for (uint32_t i = 1000; i < 1900; i++)
        assert_true(has(table, i));
    assert_int_equal(table_used(table), 1000);
    assert_int_equal(table_evicted(table), 900);
    table_free(table);
}

static void what_is_moved_to_a_small_holder_outlives_a_flood_of_its_first(void **state)
{
    struct table *table = table_new(sizeof(uint32_t), 100, NULL, NULL);

    (void)state;
    for (uint32_t i = 0; i < 20; i++)
        add(table, i, 777);
    table_move(table, table_find(table, key_of(3)), key_of(1));
    table_move(table, table_find(table, key_of(19)), key_of(1));
    for (uint32_t i = 100; i < 1000; i++)
        add(table, i, 777);
    assert_true(has(table, 3));
    assert_true(has(table, 19));
    assert_false(has(table, 4));
    table_remove(table, table_find(table, key_of(3)));
    table_remove(table, table_find(table, key_of(19)));
    assert_int_equal(table_used(table), 98);
    table_free(table);
}

static uint64_t tens_of(const void *slot)
{
    return key_of(*(const uint32_t *)slot / 10);
}

static void who_holds_a_slot_can_be_told_when_it_matters(void **state)
{
    struct table *table = table_new(sizeof(uint32_t), 100, NULL, NULL);

    (void)state;
    table_tell_holders(table, tens_of);
    for (uint32_t i = 0; i < 10; i++)
        add(table, 1000 + 10 * i, 0); /* ten holders with one slot each */
    for (uint32_t i = 0; i < 1000; i++)
        add(table, i % 10, 0); /* one with a thousand */
    for (uint32_t i = 0; i < 10; i++)
        assert_true(has(table, 1000 + 10 * i));
    assert_int_equal(table_evicted(table), 910);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found_until_it_is_removed),
        cmocka_unit_test(a_flood_pushes_out_itself),
        cmocka_unit_test(a_table_filled_by_one_holder_takes_all_others),
        cmocka_unit_test(who_holds_a_slot_can_be_told_when_it_matters),
        cmocka_unit_test(what_is_moved_to_a_small_holder_outlives_a_flood_of_its_first),
        cmocka_unit_test(the_newest_of_a_key_comes_first_and_older_ones_follow),
        cmocka_unit_test(what_is_touched_outlives_what_is_not),
        cmocka_unit_test(every_slot_is_released_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
