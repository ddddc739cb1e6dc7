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

static void every_type_is_found_again_by_its_text(void **state)
{
    (void)state;
    for (uint32_t type = 0; type <= UINT16_MAX; type++) {
        char text[CODE_TEXT_SIZE];
        uint16_t found = 0;

        assert_int_equal(type_from_text(&found, type_to_text((uint16_t)type, text)), 0);
        assert_int_equal(found, type);
    }
}

static void types_are_read_in_any_case_and_by_number(void **state)
{
    uint16_t type;

    (void)state;
    assert_int_equal(type_from_text(&type, "aaaa"), 0);
    assert_int_equal(type, TYPE_AAAA);
    assert_int_equal(type_from_text(&type, "type1"), 0);
    assert_int_equal(type, TYPE_A);
}

static void what_is_no_type_is_turned_down(void **state)
{
    static const char *const texts[] = {"",       "TYPE",   "TYPE65536", "TYPE99999999999",
                                        "TYPE1x", "TYPE-1", "AAAAA",     "NOPE"};
    uint16_t type;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(type_from_text(&type, texts[i]), -1);
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
        cmocka_unit_test(every_type_is_found_again_by_its_text),
        cmocka_unit_test(types_are_read_in_any_case_and_by_number),
        cmocka_unit_test(what_is_no_type_is_turned_down),
        cmocka_unit_test(every_registered_ede_code_has_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
