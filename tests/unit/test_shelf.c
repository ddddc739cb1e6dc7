#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "correlate/shelf.h"
#include "decode/hash.h"

#define MEMORY_BYTES 8192
#define YOUNG        768 /* what fits into a generation */

static uint64_t key_of(unsigned number)
{
    return hash_bytes((const uint8_t *)&number, sizeof(number));
}

static void what_was_put_is_there_until_it_is_among_the_oldest(void **state)
{
    struct shelf shelf;

    (void)state;
    assert_int_equal(shelf_init(&shelf, MEMORY_BYTES), 0);
    for (unsigned i = 0; i < 10 * YOUNG; i++) {
        assert_false(shelf_has(&shelf, key_of(i)));
        shelf_put(&shelf, key_of(i));
        shelf_put(&shelf, key_of(i)); /* takes no more room */
        assert_true(shelf_has(&shelf, key_of(i)));
        if (i >= YOUNG)
            assert_true(shelf_has(&shelf, key_of(i - YOUNG)));
        if (i >= 2 * YOUNG)
            assert_false(shelf_has(&shelf, key_of(i - 2 * YOUNG)));
    }
    shelf_clear(&shelf);
}

static void what_is_kept_stays_and_nothing_comes_of_it(void **state)
{
    struct shelf shelf;

    (void)state;
    assert_int_equal(shelf_init(&shelf, MEMORY_BYTES), 0);
    shelf_put(&shelf, key_of(0));
    for (unsigned i = 2; i < 10 * YOUNG; i++) {
        shelf_put(&shelf, key_of(i));
        shelf_keep(&shelf, key_of(0));
        shelf_keep(&shelf, key_of(1));
    }
    assert_true(shelf_has(&shelf, key_of(0)));
    assert_false(shelf_has(&shelf, key_of(1)));
    shelf_clear(&shelf);
}

static void any_key_finds_its_place(void **state)
{
    static const uint64_t keys[] = {0, 1, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX};
    struct shelf shelf;

    (void)state;
    assert_int_equal(shelf_init(&shelf, 0), 0);
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        shelf_put(&shelf, keys[i]);
        assert_true(shelf_has(&shelf, keys[i]));
    }
    shelf_clear(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_there_until_it_is_among_the_oldest),
        cmocka_unit_test(what_is_kept_stays_and_nothing_comes_of_it),
        cmocka_unit_test(any_key_finds_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
