#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/name.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct name name_of(const char *text)
{
    struct name name;

    assert_int_equal(name_from_text(&name, text), 0);
    return name;
}

static bool within(const char *name_text, const char *ancestor_text)
{
    struct name name = name_of(name_text);
    struct name ancestor = name_of(ancestor_text);

    return name_is_within(name.bytes, name.size_bytes, ancestor.bytes, ancestor.size_bytes);
}

static void text_comes_back_absolute_and_lower(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {".", "."},
        {"com", "com."},
        {"WWW.Example.COM.", "www.example.com."},
        {"a\\.b.example.", "a\\.b.example."},
        {"\\000\\255.example", "\\000\\255.example."},
        {"a\\ b\\;c", "a\\032b\\;c."},
        {"\\064\\(\\)\\$\\\"\\\\", "\\@\\(\\)\\$\\\"\\\\."},
        {"\\027[31m.example", "\\027[31m.example."},
        {"<script>.example", "<script>.example."},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct name name = name_of(cases[i].in);
        char text[NAME_TEXT_SIZE];

        assert_string_equal(name_to_text(name.bytes, name.size_bytes, text), cases[i].out);
        assert_int_equal(name_measure(name.bytes, name.size_bytes), name.size_bytes);
    }
}

static void broken_text_is_no_name(void **state)
{
    static const char *const texts[] = {"",     "..",    ".a",     "a..b",  "a\\",
                                        "a\\1", "a\\12", "a\\256", "a\\1x3"};
    struct name name;
    char label[66];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(name_from_text(&name, texts[i]), -1);
    memset(label, 'a', sizeof(label));
    label[64] = '\0';
    assert_int_equal(name_from_text(&name, label), -1);
    label[63] = '\0';
    assert_int_equal(name_from_text(&name, label), 0);
}

static void a_name_of_255_octets_is_the_longest(void **state)
{
    char text[300];
    struct name name;
    char out[NAME_TEXT_SIZE];

    (void)state;
    /* 127 labels of one octet and the root: 255. */
    for (unsigned i = 0; i < 127; i++)
        memcpy(text + 2 * i, "a.", 3);
    assert_int_equal(name_from_text(&name, text), 0);
    assert_int_equal(name.size_bytes, 255);
    assert_int_equal(name_labels(name.bytes), 127);
    assert_string_equal(name_to_text(name.bytes, name.size_bytes, out), text);
    text[253] = '\0'; /* without the last dot */
    assert_int_equal(name_from_text(&name, text), 0);
    assert_int_equal(name.size_bytes, 255);
    memcpy(text + 253, "a.", 3);
    assert_int_equal(name_from_text(&name, text), -1);
}

static void the_longest_text_fits(void **state)
{
    struct name name = {.size_bytes = 255};
    char text[NAME_TEXT_SIZE];

    (void)state;
    for (unsigned at = 0; at < 254; at += 64) {
        name.bytes[at] = at + 64 < 254 ? 63 : (uint8_t)(254 - at - 1);
    }
    name.bytes[254] = 0;
    assert_int_equal(name_measure(name.bytes, 255), 255);
    assert_int_equal(strlen(name_to_text(name.bytes, 255, text)), 250 * 4 + 4);
}

static void measuring_stops_at_whatever_is_no_plain_name(void **state)
{
    static const struct {
        const char *wire;
        size_t limit, size;
    } cases[] = {
        {"", 1, 1},
        {"\3com", 5, 5},
        {"\3com\0garbage", 12, 5},
        {"\3com", 4, 0},         /* no root label */
        {"\3com", 2, 0},         /* cut in a label */
        {"\3com\xc0\x0c", 6, 0}, /* a pointer */
        {"\x40"
         "com",
         5, 0}, /* a label type that is not in use */
        {"", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(name_measure((const uint8_t *)cases[i].wire, cases[i].limit),
                         cases[i].size);
}

static void a_name_over_255_octets_has_no_size(void **state)
{
    uint8_t wire[300];

    (void)state;
    for (size_t at = 0; at < sizeof(wire); at += 2)
        memcpy(wire + at, "\1a", 2);
    wire[256] = 0;
    assert_int_equal(name_measure(wire, sizeof(wire)), 0);
    wire[254] = 0;
    assert_int_equal(name_measure(wire, sizeof(wire)), 255);
}

static void no_name_prints_as_nothing(void **state)
{
    char text[NAME_TEXT_SIZE];

    (void)state;
    assert_string_equal(name_to_text((const uint8_t *)"", 0, text), "");
}

static void only_ascii_letters_are_folded(void **state)
{
    uint8_t wire[256], lower[256];

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        wire[i] = (uint8_t)i;
    name_lower(lower, wire, 256);
    for (unsigned i = 0; i < 256; i++)
        assert_int_equal(lower[i], i >= 'A' && i <= 'Z' ? i + 32 : i);
}

static void ancestors_are_found_by_label(void **state)
{
    struct name name = name_of("a.b.example.com");
    char text[NAME_TEXT_SIZE];
    static const char *const ancestors[] = {".", "com.", "example.com.", "b.example.com.",
                                            "a.b.example.com."};

    (void)state;
    for (unsigned labels = 0; labels <= 4; labels++) {
        const uint8_t *ancestor = name_ancestor(name.bytes, labels);
        size_t size = name.size_bytes - (size_t)(ancestor - name.bytes);

        assert_string_equal(name_to_text(ancestor, size, text), ancestors[labels]);
    }
}

static void a_label_goes_before_a_name_that_has_room_for_it(void **state)
{
    struct name name = name_of("example.");
    char text[NAME_TEXT_SIZE];

    (void)state;
    assert_int_equal(name_prepend(&name, "www"), 0);
    assert_string_equal(name_to_text(name.bytes, name.size_bytes, text), "www.example.");
    name_behead(&name);
    name_behead(&name);
    assert_string_equal(name_to_text(name.bytes, name.size_bytes, text), ".");
    assert_int_equal(name_prepend(&name, "com"), 0);
    assert_string_equal(name_to_text(name.bytes, name.size_bytes, text), "com.");

    /* 124 labels of one octet and the root: 249. */
    for (unsigned i = 0; i < 124; i++)
        memcpy(text + 2 * i, "a.", 3);
    name = name_of(text);
    assert_int_equal(name_prepend(&name, "sixsix"), -1);
    assert_int_equal(name.size_bytes, 249);
    assert_int_equal(name_prepend(&name, "fives"), 0);
    assert_int_equal(name.size_bytes, NAME_MAX_BYTES);
}

static void being_within_goes_by_whole_labels(void **state)
{
    (void)state;
    assert_true(within("www.example.com", "example.com"));
    assert_true(within("example.com", "example.com"));
    assert_true(within("example.com", "."));
    assert_true(within(".", "."));
    assert_false(within("badexample.com", "example.com"));
    assert_false(within("example.com", "www.example.com"));
    assert_false(within("example.org", "example.com"));
    assert_false(within("\\003com", "com")); /* the octets of "com" inside a label */
}

/* The example of RFC 4034 section 6.1. */
static void canonical_order_is_that_of_the_rfc(void **state)
{
    static const char *const sorted[] = {
        ".",
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "Z.a.example.",
        "zABC.a.EXAMPLE.",
        "z.example.",
        "\\001.z.example.",
        "*.z.example.",
        "\\200.z.example.",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(sorted); i++) {
        for (size_t j = 0; j < COUNT(sorted); j++) {
            struct name a = name_of(sorted[i]);
            struct name b = name_of(sorted[j]);
            int order = name_compare(&a, &b);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(name_equal(&a, &b), i == j);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back_absolute_and_lower),
        cmocka_unit_test(broken_text_is_no_name),
        cmocka_unit_test(a_name_of_255_octets_is_the_longest),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(measuring_stops_at_whatever_is_no_plain_name),
        cmocka_unit_test(a_name_over_255_octets_has_no_size),
        cmocka_unit_test(no_name_prints_as_nothing),
        cmocka_unit_test(only_ascii_letters_are_folded),
        cmocka_unit_test(ancestors_are_found_by_label),
        cmocka_unit_test(a_label_goes_before_a_name_that_has_room_for_it),
        cmocka_unit_test(being_within_goes_by_whole_labels),
        cmocka_unit_test(canonical_order_is_that_of_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
