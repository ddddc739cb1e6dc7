#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/codes.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void known_codes_have_names_and_others_numbers(void **state)
{
    char text[CODE_TEXT_SIZE];

    (void)state;
    assert_string_equal(rcode_to_text(RCODE_SERVFAIL, text), "SERVFAIL");
    assert_string_equal(rcode_to_text(RCODE_BADCOOKIE, text), "BADCOOKIE");
    assert_string_equal(rcode_to_text(4000, text), "RCODE4000");
    assert_string_equal(type_to_text(TYPE_NSEC3PARAM, text), "NSEC3PARAM");
    assert_string_equal(type_to_text(65535, text), "TYPE65535");
    assert_string_equal(type_to_text(0, text), "TYPE0");
    assert_string_equal(class_to_text(1, text), "IN");
    assert_string_equal(class_to_text(3, text), "CH");
    assert_string_equal(class_to_text(65535, text), "CLASS65535");
}

static void every_registered_ede_code_has_its_text(void **state)
{
    (void)state;
    for (uint16_t code = 0; code <= 29; code++)
        assert_non_null(ede_to_text(code));
    assert_string_equal(ede_to_text(6), "DNSSEC Bogus");
    assert_string_equal(ede_to_text(22), "No Reachable Authority");
    assert_string_equal(ede_to_text(29), "Synthesized");
    assert_null(ede_to_text(4096));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_codes_have_names_and_others_numbers),
        cmocka_unit_test(every_registered_ede_code_has_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
