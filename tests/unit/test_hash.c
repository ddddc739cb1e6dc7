#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/hash.h"
#include "decode/hash_words.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const uint8_t zero_key[16];

/* From `openssl mac SIPHASH` and CPython 3.11. */
static void stable_hashes_are_those_of_other_implementations(void **state)
{
    (void)state;
    assert_true(hash_stable("", 0) == 0x1e924b9d737700d7);
    assert_true(hash_stable("a", 1) == 0x96c20860cd93a249);
    assert_true(hash_stable("example", 7) == 0xb90bd557de5a1577);
    assert_true(hash_stable("1234567812345678", 16) == 0xa5d31267828de18c);
}

/* From a model in Python, with numbers of any length. */
static void keyed_hashes_are_those_of_a_model(void **state)
{
    static uint8_t x[256];
    static const struct {
        const void *bytes;
        size_t size;
        uint64_t hash;
    } vectors[] = {
        {"", 0, 0xec706180a48546af},
        {"a", 1, 0xd32a06ddc3ff0b05},
        {"example", 7, 0xad932303bc0f7aac},
        {"12345678", 8, 0xb30518cc4866c626},
        {"\x07"
         "example\x03"
         "com",
         13, 0x206a5ca76c86fa},
        {"1234567812345678", 16, 0xa73a8b7d5b15b0d7},
        {"12345678123456781", 17, 0x3041158ac0f1c610},
        {"123456781234567812345678", 24, 0xc36b9b90adecaaf6},
        {x, 33, 0x17b630c4256c0697},
        {x, 255, 0xbd9f4052ed6aabc0},
        {x, 256, 0x4106e385463842f9}, /* SipHash-1-3 from here on */
    };

    (void)state;
    memset(x, 'x', sizeof(x));
    hash_set_key(zero_key);
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_true(hash_bytes(vectors[i].bytes, vectors[i].size) == vectors[i].hash);
}

static void words_hash_as_their_bytes(void **state)
{
    static const uint64_t words[] = {1, UINT64_C(1) << 63, 0, UINT64_MAX, 5, 1, 0};

    (void)state;
    hash_set_key(zero_key);
    for (size_t count = 2; count <= COUNT(words); count++)
        assert_true(hash_words(words, count) == hash_bytes(words, 8 * count));
}

static void zeros_of_different_lengths_hash_differently(void **state)
{
    static const uint8_t zeros[HASH_BYTES_MAX + 2];
    uint64_t seen[COUNT(zeros)];

    (void)state;
    hash_set_key(zero_key);
    for (size_t size = 0; size < COUNT(seen); size++) {
        seen[size] = hash_bytes(zeros, size);
        for (size_t other = 0; other < size; other++)
            assert_true(seen[other] != seen[size]);
    }
}

/* 16 to a bucket: 64 would come by chance once in 10^18 runs. */
static void names_that_differ_little_spread_over_buckets(void **state)
{
    static unsigned low[4096], high[4096];
    char name[] = "\x08"
                  "00000000\x07"
                  "example\x03"
                  "com";

    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        uint64_t hash;

        for (unsigned digit = 0; digit < 8; digit++)
            name[1 + digit] = (char)('0' + (i >> 2 * digit & 3));
        hash = hash_bytes(name, sizeof(name));
        assert_true(++low[hash % COUNT(low)] < 64);
        assert_true(++high[hash >> 52] < 64);
    }
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
        cmocka_unit_test(stable_hashes_are_those_of_other_implementations),
        cmocka_unit_test(keyed_hashes_are_those_of_a_model),
        cmocka_unit_test(words_hash_as_their_bytes),
        cmocka_unit_test(zeros_of_different_lengths_hash_differently),
        cmocka_unit_test(names_that_differ_little_spread_over_buckets),
        cmocka_unit_test(the_key_changes_hash_bytes_and_not_hash_stable),
        cmocka_unit_test(mixing_a_value_depends_on_the_value_and_the_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
