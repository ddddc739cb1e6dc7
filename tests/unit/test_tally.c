#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/tally.h"

static void a_tally_keeps_the_frequent_when_the_rare_flood(void **state)
{
    struct tally *tally = tally_new();
    const struct tally_entry *top[2];

    (void)state;
    for (unsigned i = 0; i < 50000; i++) {
        tally_add(tally, &i, sizeof(i));
        if (i % 10 == 0)
            tally_add(tally, "often", 5);
        if (i % 20 == 0)
            tally_add(tally, "less", 4);
    }
    assert_false(tally_is_exact(tally));
    assert_int_equal(tally_top(tally, top, 2), 2);
    assert_memory_equal(top[0]->key, "often", 5);
    assert_memory_equal(top[1]->key, "less", 4);
    tally_free(tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tally_keeps_the_frequent_when_the_rare_flood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
