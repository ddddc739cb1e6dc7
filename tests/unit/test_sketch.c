#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/sketch.h"
#include "store/sketch_sql.h"

static void a_sketch_estimates_within_a_tenth(void **state)
{
    static const unsigned sizes[] = {0, 1, 100, 1000, 3000, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct sketch sketch = {{0}};
        uint64_t estimate;

        for (unsigned n = 0; n < sizes[i]; n++) {
            uint64_t hash = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

            hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
            hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
            sketch_add(&sketch, hash ^ hash >> 31);
        }
        estimate = sketch_estimate(&sketch);
        assert_in_range(estimate, sizes[i] - sizes[i] / 10, sizes[i] + sizes[i] / 10);
    }
}

static void what_is_no_sketch_is_said_to_be_none(void **state)
{
    static const char *const queries[] = {
        "SELECT sketch_count(x'010203')",
        "SELECT sketch_merge(x'0041', x'010203')",
        "SELECT sketch_union(x'010203')",
    };
    sqlite3 *database;

    (void)state;
    assert_int_equal(sqlite3_open("", &database), SQLITE_OK);
    assert_int_equal(sketch_add_functions(database), SQLITE_OK);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        assert_int_equal(sqlite3_exec(database, queries[i], NULL, NULL, NULL), SQLITE_ERROR);
        assert_string_equal(sqlite3_errmsg(database), "not a sketch");
    }
    sqlite3_close(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sketch_estimates_within_a_tenth),
        cmocka_unit_test(what_is_no_sketch_is_said_to_be_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
