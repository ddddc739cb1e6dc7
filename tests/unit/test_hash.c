#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/hash.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const uint8_t zero_key[16];

/* Expected values from CPython 3.11 (SipHash-1-3, PYTHONHASHSEED=0) and `openssl mac SIPHASH`. */
static void vectors_of_other_implementations_agree(void **state)
{
    static const struct {
        const char *bytes;
        uint64_t keyed, stable;
    } vectors[] = {
        {"a", 0x407448d2b89b1813, 0x96c20860cd93a249},
        {"example", 0xcf5a8cd89871f5e5, 0xb90bd557de5a1577},
    };

    (void)state;
    hash_set_key(zero_key);
    for (size_t i = 0; i < COUNT(vectors); i++) {
        size_t size = strlen(vectors[i].bytes);

        assert_true(hash_bytes(vectors[i].bytes, size) == vectors[i].keyed);
        assert_true(hash_stable(vectors[i].bytes, size) == vectors[i].stable);
    }
    assert_true(hash_bytes("\x07"
                           "example\x03"
                           "com",
                           13) == 0xef7d9342d6775b6a);
    assert_true(hash_bytes("123456781234567812345678", 24) == 0x4b2644041745dac2);
    assert_true(hash_stable("", 0) == 0x1e924b9d737700d7);
    assert_true(hash_stable("1234567812345678", 16) == 0xa5d31267828de18c);
}

static void the_key_changes_hash_bytes_and_not_hash_stable(void **state)
{
    static const uint8_t other_key[16] = {1};
    uint64_t keyed, stable;

    (void)state;
    hash_set_key(zero_key);
    keyed = hash_bytes("example", 7);
    stable = hash_stable("example", 7);
    hash_set_key(other_key);
    assert_true(hash_bytes("example", 7) != keyed);
    assert_true(hash_stable("example", 7) == stable);
}

static void mixing_a_value_depends_on_the_value_and_the_hash(void **state)
{
    (void)state;
    assert_true(hash_mix(1, 2) != hash_mix(2, 1));
    assert_true(hash_mix(1, 2) != hash_mix(1, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_other_implementations_agree),
        cmocka_unit_test(the_key_changes_hash_bytes_and_not_hash_stable),
        cmocka_unit_test(mixing_a_value_depends_on_the_value_and_the_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
