#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/fleet_load.h"

struct seen {
    char text[256]; /* rows as "[a|b]", NULL as "-" */
    size_t used;
    size_t stop_after;
    size_t rows;
};

static int note(void *context, const struct fleet_field *fields, size_t count, struct error *error)
{
    struct seen *seen = context;

    (void)error;
    for (size_t i = 0; i < count; i++) {
        seen->text[seen->used++] = i == 0 ? '[' : '|';
        if (fields[i].bytes == NULL) {
            seen->text[seen->used++] = '-';
            continue;
        }
        memcpy(seen->text + seen->used, fields[i].bytes, fields[i].size);
        seen->used += fields[i].size;
    }
    seen->text[seen->used++] = ']';
    return ++seen->rows == seen->stop_after ? -1 : 0;
}

static void assert_read(const char *result, size_t size, const char *rows, size_t rows_size)
{
    struct seen seen = {.used = 0};

    assert_int_equal(fleet_load_rows(result, size, note, &seen, NULL), 0);
    assert_int_equal(seen.used, rows_size);
    assert_memory_equal(seen.text, rows, rows_size);
}

#define READ(result, rows) assert_read(result, sizeof(result) - 1, rows, sizeof(rows) - 1)

static void rows_and_fields_are_told_apart(void **state)
{
    (void)state;
    READ("", "");
    READ("a\tb\nc\td\n", "[a|b][c|d]");
    READ("a\t\n\t\n", "[a|][|]");
    READ("a\tb", "[a|b]"); /* not even a line feed at the end */
}

static void what_was_escaped_is_as_it_was(void **state)
{
    (void)state;
    READ("\\tx\\n\\\\\t\\0\\'\\r\\b\\f\n", "[\tx\n\\|\0'\r\b\f]");
    READ("\xff\x80\t\\\\N\n", "[\xff\x80|\\N]");
}

static void nothing_is_not_the_empty_text(void **state)
{
    (void)state;
    READ("\\N\t\t\\N\n", "[-||-]");
    READ("x\\N\n", "[xN]"); /* only a field of its own */
}

static void a_row_that_cannot_be_taken_ends_it(void **state)
{
    struct seen seen = {.stop_after = 2};
    static const char result[] = "a\nb\nc\n";

    (void)state;
    assert_int_equal(fleet_load_rows(result, sizeof(result) - 1, note, &seen, NULL), -1);
    assert_int_equal(seen.rows, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_fields_are_told_apart),
        cmocka_unit_test(what_was_escaped_is_as_it_was),
        cmocka_unit_test(nothing_is_not_the_empty_text),
        cmocka_unit_test(a_row_that_cannot_be_taken_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
