#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/anonymize.h"

/* What `how` makes of `client`, as text. */
static const char *hidden(const char *how, const char *client)
{
    static char text[ADDRESS_TEXT_SIZE];
    struct anonymizer anonymizer;
    struct address address;
    bool misused;

    assert_int_equal(anonymizer_init(&anonymizer, how, &misused, NULL), 0);
    assert_int_equal(address_from_text(&address, client), 0);
    address = anonymizer_hide(&anonymizer, &address);
    anonymizer_clear(&anonymizer);
    return address_to_text(&address, text);
}

static void prefixes_are_cut_at_the_bit(void **state)
{
    (void)state;
    assert_string_equal(hidden("prefix", "192.0.2.77"), "192.0.2.0");
    assert_string_equal(hidden("prefix", "2001:db8:1:2::3"), "2001:db8:1::");
    assert_string_equal(hidden("prefix:25,49", "192.0.2.255"), "192.0.2.128");
    assert_string_equal(hidden("prefix:25,49", "2001:db8:1:ffff::3"), "2001:db8:1:8000::");
    assert_string_equal(hidden("prefix:32,128", "192.0.2.77"), "192.0.2.77");
    assert_string_equal(hidden("prefix:0,0", "192.0.2.77"), "0.0.0.0");
    assert_string_equal(hidden("prefix:0,0", "2001:db8::1"), "::");
}

static void nonsense_is_misuse_and_a_bad_key_file_is_a_failure(void **state)
{
    static const struct {
        const char *how;
        bool misused;
    } cases[] = {
        {"", true},          {"prefix:33,48", true},  {"prefix:24,129", true},
        {"prefix:24", true}, {"prefix:24,48x", true}, {"key", true},
        {"key:", false},     {"key:/nosuch", false},  {"key:/dev/null", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct anonymizer anonymizer;
        bool misused;

        assert_int_equal(anonymizer_init(&anonymizer, cases[i].how, &misused, NULL), -1);
        assert_int_equal(misused, cases[i].misused);
    }
}

static void write_key(char *path, const char *key)
{
    int descriptor = mkstemp(path);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, key, strlen(key)), strlen(key));
    close(descriptor);
}

static void pseudonyms_are_hmac_sha256_in_the_discard_prefix(void **state)
{
    char path[] = P_tmpdir "/dnsblame-key-XXXXXX", how[64];

    (void)state;
    write_key(path, "0123456789abcdef\n");
    snprintf(how, sizeof(how), "key:%s", path);
    /* printf '\0\0\0\0\0\0\0\0\0\0\377\377\300\0\2\1' | openssl dgst -sha256 -hmac 0123456789abcdef
     */
    assert_string_equal(hidden(how, "192.0.2.1"), "100::d85:4187:2a98:f980");
    assert_string_not_equal(hidden(how, "192.0.2.2"), "100::d85:4187:2a98:f980");
    unlink(path);
}

static void another_key_gives_other_pseudonyms(void **state)
{
    char path[] = P_tmpdir "/dnsblame-key-XXXXXX", how[64];

    (void)state;
    write_key(path, "0123456789abcdeg");
    snprintf(how, sizeof(how), "key:%s", path);
    assert_string_not_equal(hidden(how, "192.0.2.1"), "100::d85:4187:2a98:f980");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_are_cut_at_the_bit),
        cmocka_unit_test(nonsense_is_misuse_and_a_bad_key_file_is_a_failure),
        cmocka_unit_test(pseudonyms_are_hmac_sha256_in_the_discard_prefix),
        cmocka_unit_test(another_key_gives_other_pseudonyms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
