#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "correlate/family.h"
#include "samples.h"

static uint64_t of_name(const char *text)
{
    struct name name = sample_name(text);

    return name_family_hash(name.bytes, name.size_bytes);
}

static uint64_t of_zone(const char *text)
{
    struct name zone = sample_name(text);

    return zone_family_hash(zone.bytes, zone.size_bytes);
}

static void names_of_one_party_are_a_family(void **state)
{
    (void)state;
    assert_true(of_name("example.com.") == of_name("a.b.example.com."));
    assert_true(of_name("example.com.") != of_name("example.net."));
    assert_true(of_name("com.") == of_name("com."));
    assert_true(of_name(".") == of_name("."));
    assert_true(of_name("com.") != of_name("."));
    assert_true(of_name("example.com.") != of_name("com."));
}

static void a_country_s_registry_is_no_party(void **state)
{
    (void)state;
    assert_true(of_name("example.co.uk.") != of_name("example2.co.uk."));
    assert_true(of_name("example.co.uk.") == of_name("a.b.example.co.uk."));
    assert_true(of_name("example.co.uk.") != of_name("co.uk."));
    assert_true(of_name("co.uk.") != of_name("uk."));
    assert_true(of_name("example.com.au.") != of_name("example2.com.au."));
    assert_true(of_name("a.co.example.") == of_name("b.co.example.")); /* not a country's */
    assert_true(of_name("a.xyz.uk.") == of_name("b.xyz.uk."));         /* somebody's name */
    assert_true(of_name("a.coop.uk.") == of_name("b.coop.uk."));
}

static void reverse_zones_are_told_apart_by_network(void **state)
{
    (void)state;
    assert_true(of_zone("1.2.192.in-addr.arpa.") == of_zone("9.2.192.in-addr.arpa."));
    assert_true(of_zone("1.2.192.in-addr.arpa.") != of_zone("1.3.192.in-addr.arpa."));
    assert_true(of_zone("192.in-addr.arpa.") != of_zone("193.in-addr.arpa."));
    assert_true(of_zone("1.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa.") ==
                of_zone("2.0.2.0.8.b.d.0.1.0.0.2.ip6.arpa."));
    assert_true(of_zone("8.b.d.0.1.0.0.2.ip6.arpa.") != of_zone("9.b.d.0.1.0.0.2.ip6.arpa."));
    assert_true(of_zone("a.example.com.") == of_zone("b.example.com."));
    /* Who looks up many addresses has no more room for that than others have. */
    assert_true(of_name("1.2.192.in-addr.arpa.") == of_name("1.3.193.in-addr.arpa."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_one_party_are_a_family),
        cmocka_unit_test(a_country_s_registry_is_no_party),
        cmocka_unit_test(reverse_zones_are_told_apart_by_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
