#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* After those. */
#include <cmocka.h>
#include <string.h>

#include "report/row_binary.h"

static void assert_written(struct row_binary *rows, const char *bytes, size_t size)
{
    assert_false(rows->failed);
    assert_int_equal(rows->size, size);
    assert_memory_equal(rows->bytes, bytes, size);
    row_binary_clear(rows);
}

static void integers_have_their_width_lowest_octet_first(void **state)
{
    struct row_binary rows = {0};

    (void)state;
    row_binary_integer(&rows, 0x0102, 1);
    row_binary_integer(&rows, 0x0102, 2);
    row_binary_integer(&rows, (uint64_t)INT64_C(-2), 8);
    assert_written(&rows, "\x02\x02\x01\xfe\xff\xff\xff\xff\xff\xff\xff", 11);
}

static void any_octet_goes_through_a_string(void **state)
{
    char all[256], expected[258] = "\x80\x02";
    struct row_binary rows = {0};

    (void)state;
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    memcpy(expected + 2, all, sizeof(all));
    row_binary_string(&rows, all, sizeof(all));
    assert_written(&rows, expected, sizeof(expected));
    row_binary_string(&rows, NULL, 0);
    assert_written(&rows, "\0", 1);
}

static void counts_are_as_long_as_they_need_be(void **state)
{
    struct row_binary rows = {0};

    (void)state;
    row_binary_count(&rows, 127);
    row_binary_count(&rows, 128);
    row_binary_count(&rows, 1 << 14);
    assert_written(&rows, "\x7f\x80\x01\x80\x80\x01", 6);
}

static void a_null_is_marked(void **state)
{
    struct row_binary rows = {0};

    (void)state;
    row_binary_null(&rows, true);
    row_binary_null(&rows, false);
    row_binary_string(&rows, "a", 1);
    assert_written(&rows, "\1\0\1a", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_have_their_width_lowest_octet_first),
        cmocka_unit_test(any_octet_goes_through_a_string),
        cmocka_unit_test(counts_are_as_long_as_they_need_be),
        cmocka_unit_test(a_null_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
