/* Names in which a reader would find an address, and names that only look like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/embedded.h"

static bool holds(const char *text)
{
    struct name name;

    assert_int_equal(name_from_text(&name, text), 0);
    return name_holds_address(&name);
}

static void addresses_are_found_however_they_are_written(void **state)
{
    static const char *const names[] = {
        "7.113.0.203.in-addr.arpa",
        "0/25.113.0.203.in-addr.arpa",
        "lb._dns-sd._udp.7.113.0.203.in-addr.arpa",
        "203-0-113-7.dsl.example",
        "203x0x113x7.dsl.example",
        "cb007107.dsl.example",
        "2001-db8-1-2-3-4-5-6.dsl.example",
        "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!holds(names[i]))
            fail_msg("no address in %s", names[i]);
}

static void networks_words_and_numbers_are_no_addresses(void **state)
{
    static const char *const names[] = {
        ".",
        "113.0.203.in-addr.arpa",
        "lb._dns-sd._udp.113.0.203.in-addr.arpa",
        "www.example.com",
        "facade.decade.example",
        "ns-1234.awsdns-12.co.uk",
        "2026-11-22.backup.example",
        "ip6.arpa",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (holds(names[i]))
            fail_msg("an address in %s", names[i]);
}

static void below_ip6_arpa_twelve_nibbles_are_a_network_and_more_a_client(void **state)
{
    (void)state;
    assert_false(holds("8.b.d.0.1.0.0.2.ip6.arpa")); /* 0.1.0.0 is not of IPv4 */
    assert_false(holds("4.3.2.1.8.b.d.0.1.0.0.2.ip6.arpa"));
    assert_true(holds("0.4.3.2.1.8.b.d.0.1.0.0.2.ip6.arpa"));
    assert_false(holds("lb._dns-sd._udp.4.3.2.1.8.b.d.0.1.0.0.2.ip6.arpa"));
    assert_true(holds("203-0-113-7.4.3.2.1.8.b.d.0.1.0.0.2.ip6.arpa"));
    assert_true(holds("7.113.0.203.ip6.arpa")); /* by mistake */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_found_however_they_are_written),
        cmocka_unit_test(networks_words_and_numbers_are_no_addresses),
        cmocka_unit_test(below_ip6_arpa_twelve_nibbles_are_a_network_and_more_a_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
