/* A resolver that lost its route for IPv4 sends nothing to servers that have nothing else. */
#include "scene.h"

#define TLD6 "2a00:1::1"

static int begin(void **state)
{
    *state = scene_new(NULL);
    return 0;
}

static int end(void **state)
{
    scene_free(*state);
    return 0;
}

/* Both families work; example.com.'s servers have IPv4 alone. */
static void resolves(struct scene *scene, const char *qname, int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms), it;

    walks_to_example(scene, qname, at_ms + 1);
    it = asks(scene, TLD6, qname, TYPE_A, at_ms + 20);
    refers(scene, &it, EXAMPLE_REFERRAL, at_ms + 25);
    it = asks(scene, NS1, qname, TYPE_A, at_ms + 30);
    answers(scene, &it, DNS_AA | RCODE_NXDOMAIN,
            RECORDS("auth example.com. 300 IN SOA ns1 host 1 2 3 4 5"), at_ms + 35);
    answers(scene, &client, DNS_RA | RCODE_NXDOMAIN, NULL, at_ms + 36);
}

/* It is referred to the servers over IPv6 and asks none of them. */
static void fails_without_ipv4(struct scene *scene, const char *qname, int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms), it;

    it = asks(scene, TLD6, qname, TYPE_A, at_ms + 1);
    refers(scene, &it, EXAMPLE_REFERRAL, at_ms + 5);
    fails(scene, &client, -1, at_ms + 10);
}

static bool advises(const struct incident *incident, const char *what)
{
    for (unsigned i = 0; i < incident->advice_count; i++)
        if (strstr(incident->advice[i], what))
            return true;
    return false;
}

static void servers_of_a_family_that_is_given_up_are_not_asked(void **state)
{
    struct scene *scene = *state;

    resolves(scene, "a.example.com", 0);
    resolves(scene, "b.example.com", 1000);
    fails_without_ipv4(scene, "c.example.com", 70000);
    fails_without_ipv4(scene, "d.example.com", 90000);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    for (int i = 0; i < 2; i++) {
        const struct incident *incident = &scene->incidents[i];

        assert_cause(incident, "unreachable.bad-address");
        assert_int_equal(incident->confidence, CONFIDENCE_LIKELY);
        assert_zone(incident, "example.com.");
        assert_true(blames(incident, NS1) && blames(incident, NS2));
        assert_true(advises(incident, "ip route get"));
        assert_false(advises(incident, "Tell the owner"));
    }
}

static void a_family_that_others_are_asked_over_is_not_lost(void **state)
{
    struct scene *scene = *state;

    resolves(scene, "a.example.com", 0);
    resolves(scene, "b.example.com", 1000);
    asks(scene, OTHER, "www.elsewhere.org", TYPE_A, 69000);
    fails_without_ipv4(scene, "c.example.com", 70000);
    assert_cause(only_incident(scene), "unattributed.no-evidence");
}

static void a_family_that_was_never_used_is_not_lost(void **state)
{
    struct scene *scene = *state;

    fails_without_ipv4(scene, "c.example.com", 70000);
    assert_cause(only_incident(scene), "unattributed.no-evidence");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(servers_of_a_family_that_is_given_up_are_not_asked),
        CASE(a_family_that_others_are_asked_over_is_not_lost),
        CASE(a_family_that_was_never_used_is_not_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
