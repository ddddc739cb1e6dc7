#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "correlate/tag_index.h"

#define ITEMS 5000

struct item {
    uint64_t key;
    bool used;
};

struct set {
    struct tag_index index;
    struct item items[ITEMS];
};

static void add(struct set *set, uint32_t number, uint64_t key)
{
    set->items[number] = (struct item){key, true};
    assert_int_equal(tag_index_reserve(&set->index, set->items, sizeof(struct item)), 0);
    tag_index_add(&set->index, key, number);
}

static const uint32_t *find(const struct set *set, uint64_t key)
{
    return tag_index_find(&set->index, key, set->items, sizeof(struct item));
}

static void drop(struct set *set, uint32_t number)
{
    const uint32_t *item = find(set, set->items[number].key);

    assert_non_null(item);
    assert_int_equal(*item, number);
    tag_index_remove(&set->index, set->items[number].key, item);
    set->items[number].used = false;
}

static void assert_complete(const struct set *set)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < ITEMS; i++) {
        const uint32_t *item = find(set, set->items[i].key);

        if (!set->items[i].used)
            continue;
        used++;
        assert_non_null(item);
        assert_int_equal(*item, i);
    }
    assert_int_equal(set->index.used, used);
}

static int begin(void **state)
{
    static struct set set;

    set = (struct set){.items = {{0}}};
    *state = &set;
    return tag_index_init(&set.index);
}

static int end(void **state)
{
    struct set *set = *state;

    tag_index_clear(&set->index);
    return 0;
}

static uint64_t key_of(uint32_t number)
{
    uint64_t mixed = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

    return mixed ^ mixed >> 29;
}

/* All that tells them from each other is in the middle: neither the bucket nor the tag does. */
static uint64_t like_key_of(uint32_t number)
{
    return UINT64_C(0x5400000000000001) | (uint64_t)number << 30;
}

static void all_are_found_however_many_there_are(void **state)
{
    struct set *set = *state;

    for (uint32_t i = 0; i < ITEMS; i++)
        add(set, i, key_of(i));
    assert_complete(set);
    assert_null(find(set, key_of(ITEMS)));
}

static void what_was_removed_is_not_found(void **state)
{
    struct set *set = *state;

    for (uint32_t i = 0; i < 100; i++)
        add(set, i, key_of(i));
    for (uint32_t i = 0; i < 100; i += 2)
        drop(set, i);
    for (uint32_t i = 0; i < 100; i += 2)
        assert_null(find(set, key_of(i)));
    assert_complete(set);
}

/* Also what no count has room for. */
static void those_with_one_bucket_and_tag_are_kept_apart(void **state)
{
    struct set *set = *state;

    for (uint32_t i = 0; i < 1000; i++)
        add(set, i, like_key_of(i));
    assert_complete(set);
    for (uint32_t i = 0; i < 1000; i += 3)
        drop(set, i);
    assert_complete(set);
    assert_null(find(set, like_key_of(0)));
}

static void a_search_behind_a_full_bucket_ends_when_that_is_empty_again(void **state)
{
    struct set *set = *state;

    for (uint32_t i = 0; i < TAG_CELLS + 2; i++)
        add(set, i, like_key_of(i));
    assert_true(tag_passed(tag_bucket_of(&set->index, like_key_of(0))) == 2);
    drop(set, TAG_CELLS);
    drop(set, 0);
    assert_complete(set);
    drop(set, TAG_CELLS + 1);
    assert_true(tag_passed(tag_bucket_of(&set->index, like_key_of(0))) == 0);
    assert_complete(set);
}

static void items_may_come_and_go_for_ever(void **state)
{
    struct set *set = *state;

    for (uint32_t round = 0; round < 200000; round++) {
        uint32_t number = (uint32_t)(key_of(round) >> 20) % 400;

        if (set->items[number].used)
            drop(set, number);
        else
            add(set, number, round % 3 ? key_of(round) : like_key_of(round));
    }
    assert_complete(set);
    assert_true(set->index.mask < 400);
}

static void a_guess_is_the_item_where_no_other_has_the_tag(void **state)
{
    struct set *set = *state;

    assert_null(tag_index_guess(&set->index, key_of(1)));
    add(set, 7, key_of(1));
    assert_int_equal(*tag_index_guess(&set->index, key_of(1)), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_are_found_however_many_there_are, begin, end),
        cmocka_unit_test_setup_teardown(what_was_removed_is_not_found, begin, end),
        cmocka_unit_test_setup_teardown(those_with_one_bucket_and_tag_are_kept_apart, begin, end),
        cmocka_unit_test_setup_teardown(a_search_behind_a_full_bucket_ends_when_that_is_empty_again,
                                        begin, end),
        cmocka_unit_test_setup_teardown(items_may_come_and_go_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(a_guess_is_the_item_where_no_other_has_the_tag, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
