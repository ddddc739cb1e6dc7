#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/full.h"

#define HEADER   "\x12\x34\x81\x80\0\1\0\1\0\0\0\0"
#define QUESTION "\7example\3com\0\0\1\0\1"

static int check(const char *wire, size_t size)
{
    return message_check((const uint8_t *)wire, size);
}

static void a_sound_message_passes(void **state)
{
    static const char wire[] = HEADER QUESTION "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";

    (void)state;
    assert_int_equal(check(wire, sizeof(wire) - 1), 0);
}

static void mangled_rdata_does_not_pass(void **state)
{
    /* An A record of three octets; a CNAME whose name runs out of its RDATA. */
    static const char address[] = HEADER QUESTION "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\3\xc0\0\2";
    static const char alias[] = HEADER QUESTION "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\7www";

    (void)state;
    assert_int_equal(check(address, sizeof(address) - 1), -1);
    assert_int_equal(check(alias, sizeof(alias) - 1), -1);
}

static void a_message_cut_anywhere_does_not_pass(void **state)
{
    static const char wire[] = HEADER QUESTION "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";

    (void)state;
    for (size_t size = 0; size < sizeof(wire) - 1; size++)
        assert_int_equal(check(wire, size), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_message_passes),
        cmocka_unit_test(mangled_rdata_does_not_pass),
        cmocka_unit_test(a_message_cut_anywhere_does_not_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
