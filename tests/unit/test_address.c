#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/address.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct address address_of(const char *text)
{
    struct address address;

    assert_int_equal(address_from_text(&address, text), 0);
    return address;
}

static void text_comes_back_as_it_went_in(void **state)
{
    static const char *const texts[] = {
        "0.0.0.0", "9.10.99.100", "255.255.255.255", "::",
        "::1",     "2001:db8::1", "fe80::1:0:0:1",   "2001:db8:1:2:3:4:5:6",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct address address = address_of(texts[i]);
        char text[ADDRESS_TEXT_SIZE];

        assert_string_equal(address_to_text(&address, text), texts[i]);
    }
}

static void what_is_no_address_is_turned_down(void **state)
{
    static const char *const texts[] = {"",         "192.0.2",     "192.0.2.256", "1.2.3.4.5",
                                        "2001:db8", "example.com", "::1%lo",      " ::1"};
    struct address address;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(address_from_text(&address, texts[i]), -1);
}

static void a_mapped_address_is_the_ipv4_address(void **state)
{
    struct address mapped = address_of("::ffff:192.0.2.1");
    struct address plain = address_of("192.0.2.1");

    (void)state;
    assert_true(address_equal(&mapped, &plain));
    assert_true(address_is_ipv4(&mapped));
}

static void a_prefix_holds_what_begins_with_it(void **state)
{
    static const struct {
        const char *prefix, *address;
        bool held;
    } cases[] = {
        {"10.20.1.0/24", "10.20.1.255", true},
        {"10.20.1.7/24", "10.20.1.0", true},
        {"10.20.1.0/24", "10.20.2.0", false},
        {"10.20.1.8/29", "10.20.1.15", true},
        {"10.20.1.8/29", "10.20.1.16", false},
        {"192.0.2.1/32", "192.0.2.1", true},
        {"192.0.2.1/32", "192.0.2.2", false},
        {"0.0.0.0/0", "192.0.2.1", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", false},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"2001:db8::1/128", "2001:db8::1", true},
    };
    static const char *const wrong[] = {
        "192.0.2.1",  "192.0.2.0/33",  "2001:db8::/129", "192.0.2.0/", "192.0.2.0/-1",
        "192.0.2/24", "192.0.2.0/24x", "192.0.2.0/ 24",  "/24",        ""};
    struct prefix prefix;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address address = address_of(cases[i].address);

        assert_int_equal(prefix_from_text(&prefix, cases[i].prefix), 0);
        assert_int_equal(prefix_holds(&prefix, &address), cases[i].held);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(prefix_from_text(&prefix, wrong[i]), -1);
}

static void families_are_told_apart(void **state)
{
    struct address v4 = address_of("192.0.2.1");
    struct address v6 = address_of("2001:db8::1");

    (void)state;
    assert_true(address_is_ipv4(&v4));
    assert_false(address_is_ipv4(&v6));
    assert_true(address_compare(&v4, &v6) < 0);
}

static void special_blocks_are_named_up_to_their_edges(void **state)
{
    static const struct {
        const char *text, *use;
    } cases[] = {
        {"0.0.0.0", "unspecified"},
        {"0.1.2.3", "this-host"},
        {"9.255.255.255", NULL},
        {"10.0.0.0", "private"},
        {"10.255.255.255", "private"},
        {"11.0.0.0", NULL},
        {"100.63.255.255", NULL},
        {"100.64.0.1", "shared"},
        {"100.127.255.255", "shared"},
        {"100.128.0.0", NULL},
        {"127.0.0.1", "loopback"},
        {"127.255.0.1", "loopback"},
        {"169.254.1.1", "link-local"},
        {"172.15.255.255", NULL},
        {"172.16.0.1", "private"},
        {"172.31.255.255", "private"},
        {"172.32.0.0", NULL},
        {"192.0.0.8", "protocol-assignment"},
        {"192.0.0.9", NULL},
        {"192.0.2.53", "documentation"},
        {"192.88.99.1", "6to4-relay"},
        {"192.168.1.1", "private"},
        {"198.17.255.255", NULL},
        {"198.18.0.1", "benchmarking"},
        {"198.19.255.255", "benchmarking"},
        {"198.20.0.0", NULL},
        {"198.51.100.7", "documentation"},
        {"203.0.113.7", "documentation"},
        {"223.255.255.255", NULL},
        {"224.0.0.1", "multicast"},
        {"239.1.2.3", "multicast"},
        {"240.0.0.1", "reserved"},
        {"255.255.255.255", "broadcast"},
        {"8.8.8.8", NULL},
        {"::", "unspecified"},
        {"::1", "loopback"},
        {"::2", "ipv4-compatible"},
        {"64:ff9b::1", "nat64"},
        {"64:ff9b:1::1", "nat64"},
        {"100::1", "discard-only"},
        {"2001::1", "teredo"},
        {"2001:1::1", NULL},
        {"2001:2::1", "benchmarking"},
        {"2001:20::1", "orchid"},
        {"2001:1ff::1", "protocol-assignment"},
        {"2001:200::1", NULL},
        {"2001:503:ba3e::2:30", NULL},
        {"2001:db8::53", "documentation"},
        {"2001:db9::53", NULL},
        {"2002::1", "6to4"},
        {"3fff:fff::1", "documentation"},
        {"3fff:1000::1", NULL},
        {"2620:4f:8000::1", NULL},
        {"4000::1", "reserved"},
        {"5f00::1", "segment-routing"},
        {"fbff::1", "reserved"},
        {"fc00::1", "unique-local"},
        {"fdff::1", "unique-local"},
        {"fe80::1", "link-local"},
        {"febf::1", "link-local"},
        {"fec0::1", "site-local"},
        {"ff02::1", "multicast"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address address = address_of(cases[i].text);
        const char *use = address_special_use(&address, false);

        if (cases[i].use == NULL) {
            if (use)
                print_error("%s: %s\n", cases[i].text, use);
            assert_null(use);
        } else {
            assert_non_null(use);
            assert_string_equal(use, cases[i].use);
        }
    }
}

static void a_mapped_address_in_an_aaaa_record_is_special(void **state)
{
    struct address address = address_of("::ffff:8.8.8.8");

    (void)state;
    assert_null(address_special_use(&address, false));
    assert_string_equal(address_special_use(&address, true), "ipv4-mapped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back_as_it_went_in),
        cmocka_unit_test(what_is_no_address_is_turned_down),
        cmocka_unit_test(a_mapped_address_is_the_ipv4_address),
        cmocka_unit_test(a_prefix_holds_what_begins_with_it),
        cmocka_unit_test(families_are_told_apart),
        cmocka_unit_test(special_blocks_are_named_up_to_their_edges),
        cmocka_unit_test(a_mapped_address_in_an_aaaa_record_is_special),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
