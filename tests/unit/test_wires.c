#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/wires.h"

static void what_fits_is_there_and_the_oldest_go_first(void **state)
{
    struct wires *wires = wires_new(1000);
    uint64_t places[100];
    uint8_t octets[100];

    (void)state;
    assert_non_null(wires);
    for (unsigned i = 0; i < 100; i++) {
        memset(octets, (int)i, sizeof(octets));
        places[i] = wires_put(wires, octets, 1 + i);
        assert_int_not_equal(places[i], 0);
        for (unsigned j = 0; j <= i; j++) {
            const uint8_t *kept = wires_get(wires, places[j]);

            if (i - j < 9) /* nine of them fit, however unlucky the end of the memory comes */
                assert_non_null(kept);
            for (unsigned k = 0; kept && k <= j; k++)
                assert_int_equal(kept[k], j);
        }
    }
    assert_null(wires_get(wires, places[0]));
    wires_free(wires);
}

static void what_is_larger_than_all_is_not_kept(void **state)
{
    struct wires *wires = wires_new(16);
    uint8_t octets[17] = {0};

    (void)state;
    assert_int_equal(wires_put(wires, octets, 17), 0);
    assert_non_null(wires_get(wires, wires_put(wires, octets, 16)));
    wires_free(wires);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_there_and_the_oldest_go_first),
        cmocka_unit_test(what_is_larger_than_all_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
