/* What a resolver still knows when it is asked shows no packet: aliases, delegations, keys. */
#include "scene.h"

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

/* The root tells of its nameservers. */
static void primes(struct scene *scene, int64_t at_ms)
{
    struct ask it = asks(scene, ROOT, ".", TYPE_NS, at_ms);

    answers(scene, &it, DNS_AA, RECORDS(". 300 IN NS a.root.", "add a.root. 300 IN A 198.41.0.4"),
            at_ms + 5);
}

/* The root refers to cdn.test.'s server, which refuses. */
static void fails_in_cdn(struct scene *scene, const struct ask *client)
{
    struct ask it = asks(scene, ROOT, "e1.cdn.test", TYPE_A, 30);

    refers(scene, &it,
           RECORDS("auth cdn.test. 300 IN NS ns.cdn.test.", "add ns.cdn.test. 300 IN A 9.9.1.1"),
           35);
    it = asks(scene, OTHER, "e1.cdn.test", TYPE_A, 40);
    answers(scene, &it, RCODE_REFUSED, NULL, 45);
    fails(scene, client, -1, 50);
}

/* www.example.com is an alias into cdn.test., whose server refuses. */
static void fails_behind_an_alias(struct scene *scene)
{
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN CNAME e1.cdn.test."), 25);
    fails_in_cdn(scene, &client);
}

static void assert_lame_behind_the_alias(const struct incident *incident)
{
    assert_cause(incident, "lame.refused");
    assert_zone(incident, "cdn.test.");
    assert_true(incident->server_count == 1 && blames(incident, OTHER));
}

static void an_alias_that_is_still_known_leads_to_its_target(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    fails_behind_an_alias(scene);
    client = client_asks(scene, "www.example.com", TYPE_AAAA, 100000);
    primes(scene, 100001); /* is on the way to every name */
    it = asks(scene, OTHER, "e1.cdn.test", TYPE_AAAA, 100002);
    answers(scene, &it, RCODE_REFUSED, NULL, 100010);
    fails(scene, &client, -1, 100020);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    assert_lame_behind_the_alias(&scene->incidents[1]);
}

static void what_fails_of_the_alias_itself_comes_first(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    fails_behind_an_alias(scene);
    client = client_asks(scene, "www.example.com", TYPE_AAAA, 100000);
    for (int i = 0; i < 2; i++) {
        it = asks(scene, i ? NS2 : NS1, "www.example.com", TYPE_AAAA, 100001 + i);
        answers(scene, &it, RCODE_SERVFAIL, NULL, 100010 + i);
    }
    it = asks(scene, OTHER, "e1.cdn.test", TYPE_AAAA, 100002); /* somebody else's */
    answers(scene, &it, RCODE_REFUSED, NULL, 100010);
    fails(scene, &client, -1, 100020);
    scene_end(scene);
    assert_cause(&scene->incidents[1], "zone.servfail");
    assert_zone(&scene->incidents[1], "example.com.");
}

#define ROOT_KEYS                                                                                  \
    RECORDS(". 300 IN DNSKEY 257 3 13 "                                                            \
            "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+"                             \
            "KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==",                                                    \
            ". 300 IN RRSIG DNSKEY 13 0 300 20300101000000 20200101000000 17288 . "                \
            "oJMRESz5E4gYzS/"                                                                      \
            "q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==")

/* The resolver asks for the root's keys three times, and is answered each time. */
static void asks_for_root_keys(struct scene *scene, int64_t at_ms, int64_t apart_ms)
{
    for (int i = 0; i < 3; i++) {
        struct ask it = asks_with_edns(scene, ROOT, ".", TYPE_DNSKEY, at_ms + i * apart_ms);

        answers(scene, &it, DNS_AA, ROOT_KEYS, at_ms + i * apart_ms + 10);
    }
}

static void fails_beside_root_keys(struct scene *scene, int64_t apart_ms)
{
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks_with_edns(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 25);
    asks_for_root_keys(scene, 30, apart_ms);
    fails(scene, &client, -1, 100);
}

static void keys_that_are_asked_for_again_and_again_are_not_believed(void **state)
{
    struct scene *scene = *state;

    fails_beside_root_keys(scene, 15);
    assert_cause(only_incident(scene), "resolver.trust-anchor");
    assert_int_equal(scene->incidents[0].confidence, CONFIDENCE_POSSIBLE);
}

static void keys_that_are_asked_for_at_once_are_for_several_questions(void **state)
{
    struct scene *scene = *state;

    fails_beside_root_keys(scene, 1);
    assert_cause(only_incident(scene), "unattributed.no-evidence");
}

/* EDE 9, "DNSKEY missing", does not say of which zone. Who never asked for the keys of the zone
 * whose answer it got missed those of one above: of the root, where it had all there is. */
static void missing_keys_are_not_those_of_a_zone_that_was_not_asked_for_them(void **state)
{
    static const struct {
        bool root_before, root_now, asked;
        const char *cause;
        bool zone_told;
    } cases[] = {
        {false, true, false, "resolver.trust-anchor", false},
        {true, false, false, "dnssec.bogus", false},
        {false, true, true, "dnssec.signature-missing", true},
        {false, false, false, "dnssec.bogus", true}, /* it may know them from before */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene *scene = scene_new(NULL);
        const struct incident *incident;
        struct ask client, it;

        if (cases[i].root_before) {
            it = asks_with_edns(scene, ROOT, ".", TYPE_DNSKEY, 0);
            answers(scene, &it, DNS_AA, ROOT_KEYS, 10);
        }
        client = client_asks(scene, "www.example.com", TYPE_A, 60000);
        walks_to_example(scene, "www.example.com", 60001);
        if (cases[i].root_now) {
            it = asks_with_edns(scene, ROOT, ".", TYPE_DNSKEY, 60020);
            answers(scene, &it, DNS_AA, ROOT_KEYS, 60022);
        }
        if (cases[i].asked) {
            it = asks_with_edns(scene, NS2, "example.com", TYPE_DNSKEY, 60024);
            answers(scene, &it, DNS_AA, RECORDS("example.com. 300 IN DNSKEY 257 3 13 oJMRESz5"),
                    60026);
        }
        it = asks_with_edns(scene, NS1, "www.example.com", TYPE_A, 60030);
        answers(scene, &it, DNS_AA,
                RECORDS("www.example.com. 300 IN A 1.2.3.4",
                        "www.example.com. 300 IN RRSIG A 13 3 300 20300101000000 20200101000000 "
                        "1000 example.com. oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8"
                        "KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=="),
                60035);
        fails(scene, &client, 9, 60040);
        incident = only_incident(scene);
        assert_cause(incident, cases[i].cause);
        assert_int_equal(incident->zone.size_bytes > 1, cases[i].zone_told);
        scene_free(scene);
    }
}

/* Of the two questions that a client asks at once, both fail of the keys that were bad before. */
static void questions_of_one_moment_fail_of_the_same_keys(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;
    struct ask both[2];

    walks_to_example(scene, "www.example.com", 1);
    it = asks_with_edns(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 25);
    fails(scene, &client, 7, 30);
    for (int i = 0; i < 2; i++) {
        both[i] = client_asks(scene, "mail.example.com", i ? TYPE_AAAA : TYPE_A, 20000 + i);
        it = asks_with_edns(scene, NS1, "mail.example.com", i ? TYPE_AAAA : TYPE_A, 20002 + i);
        answers(scene, &it, DNS_AA,
                i ? RECORDS("mail.example.com. 300 IN AAAA 2a00::1")
                  : RECORDS("mail.example.com. 300 IN A 1.2.3.4"),
                20010 + i);
    }
    for (int i = 0; i < 2; i++)
        fails(scene, &both[i], -1, 20020 + i);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    for (int i = 0; i < 3; i++)
        assert_cause(&scene->incidents[i], "dnssec.signature-expired");
}

/* www.example.com leads to e1.cdn.test and that to a.end.test. NS1 serves cdn.test, too, and says
 * so; but the resolver asks for e1.cdn.test itself, where it fails. */
static void what_a_server_says_of_other_zones_is_asked_for_there(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA,
            RECORDS("www.example.com. 300 IN CNAME e1.cdn.test.",
                    "e1.cdn.test. 300 IN CNAME a.end.test.",
                    "e1.cdn.test. 300 IN RRSIG CNAME 13 3 300 20300101000000 20200101000000 17288 "
                    "cdn.test. oJMRESz5E4gYzS/"
                    "q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=="),
            25);
    fails_in_cdn(scene, &client);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 1);
    assert_lame_behind_the_alias(&scene->incidents[0]);
}

/* The delegation is known, and only its nameservers' names are asked for again. */
static void nameservers_that_nobody_finds_again_are_still_the_reason(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    for (int i = 0; i < 2; i++) {
        int64_t at_ms = i * 100000;

        client = client_asks(scene, i ? "mail.shop.test" : "www.shop.test", TYPE_A, at_ms);
        if (i == 0) {
            it = asks(scene, ROOT, "www.shop.test", TYPE_A, 1);
            refers(scene, &it, RECORDS("auth shop.test. 3600 IN NS ns.maker.test."), 5);
            it = asks(scene, ROOT, "ns.maker.test", TYPE_A, 6);
            refers(scene, &it,
                   RECORDS("auth maker.test. 300 IN NS ns.cdn.test.",
                           "add ns.cdn.test. 300 IN A 9.9.1.1"),
                   10);
        }
        it = asks(scene, OTHER, "ns.maker.test", TYPE_A, at_ms + 11);
        answers(scene, &it, RCODE_REFUSED, NULL, at_ms + 15);
        fails(scene, &client, -1, at_ms + 20);
    }
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_cause(&scene->incidents[i], "lame.refused");
        assert_zone(&scene->incidents[i], "maker.test.");
        assert_int_equal(scene->incidents[i].contributing[0].cause,
                         CAUSE_ZONE_NAMESERVER_UNRESOLVABLE);
    }
}

/* Two zones' nameservers have one name, and the resolver knows from the first that it is none. */
static void nameservers_that_are_known_to_be_none_are_the_reason(void **state)
{
    static const char *const zones[] = {"shop.test", "club.test"};
    static const char *const referrals[] = {"auth shop.test. 3600 IN NS ns.gone.test.",
                                            "auth club.test. 3600 IN NS ns.gone.test."};
    struct scene *scene = *state;
    struct ask client, it;

    for (int i = 0; i < 2; i++) {
        int64_t at_ms = i * 500;

        client = client_asks(scene, zones[i], TYPE_A, at_ms);
        it = asks(scene, ROOT, zones[i], TYPE_A, at_ms + 1);
        refers(scene, &it, RECORDS(referrals[i]), at_ms + 5);
        if (i == 0) {
            it = asks(scene, ROOT, "ns.gone.test", TYPE_A, 6);
            answers(scene, &it, DNS_AA | RCODE_NXDOMAIN,
                    RECORDS("auth test. 300 IN SOA a.root. b.root. 1 2 3 4 5"), 10);
        }
        fails(scene, &client, -1, at_ms + 20);
    }
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    for (int i = 0; i < 2; i++)
        assert_cause(&scene->incidents[i], "zone.nameserver-unresolvable");
    assert_zone(&scene->incidents[0], "shop.test.");
    assert_zone(&scene->incidents[1], "club.test.");
    assert_int_equal(scene->incidents[1].confidence, CONFIDENCE_LIKELY);
}

/* An address stands where a name should: nobody has to be asked to know that there is no such. */
static void a_nameserver_that_ends_in_a_number_is_none(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.shop.test", TYPE_A, 0), it;
    const struct incident *incident;

    it = asks(scene, ROOT, "www.shop.test", TYPE_A, 1);
    refers(scene, &it, RECORDS("auth shop.test. 3600 IN NS 192.0.2.7."), 5);
    fails(scene, &client, -1, 10);
    incident = only_incident(scene);
    assert_cause(incident, "zone.nameserver-unresolvable");
    assert_zone(incident, "shop.test.");
}

/* RFC 2317: the alias and the zone that it leads into have one parent. */
static void a_delegation_beside_the_alias_names_the_zone(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "5.2.0.192.in-addr.arpa", LDNS_RR_TYPE_PTR, 0), it;
    const struct incident *incident;

    it = asks(scene, ROOT, "5.2.0.192.in-addr.arpa", LDNS_RR_TYPE_PTR, 1);
    refers(scene, &it,
           RECORDS("auth 2.0.192.in-addr.arpa. 300 IN NS ns.isp.test.",
                   "add ns.isp.test. 300 IN A 9.1.1.1"),
           5);
    it = asks(scene, NS1, "5.2.0.192.in-addr.arpa", LDNS_RR_TYPE_PTR, 6);
    answers(scene, &it, DNS_AA,
            RECORDS("5.2.0.192.in-addr.arpa. 300 IN CNAME 5.0-63.2.0.192.in-addr.arpa.",
                    "auth 0-63.2.0.192.in-addr.arpa. 300 IN NS ns.cdn.test."),
            10);
    it = asks(scene, ROOT, "ns.cdn.test", TYPE_A, 11);
    answers(scene, &it, DNS_AA, RECORDS("ns.cdn.test. 300 IN A 9.9.1.1"), 15);
    it = asks(scene, OTHER, "5.0-63.2.0.192.in-addr.arpa", LDNS_RR_TYPE_PTR, 16);
    answers(scene, &it, RCODE_REFUSED, NULL, 20);
    fails(scene, &client, -1, 21);
    incident = only_incident(scene);
    assert_cause(incident, "lame.refused");
    assert_zone(incident, "0-63.2.0.192.in-addr.arpa.");
}

/* Of a server whose address came as glue of another zone nothing is known but that it was asked.
 * `first`: what the root is asked. */
static void fails_in_a_part_of_a_reverse_zone(struct scene *scene, const char *first)
{
    struct ask client = client_asks(scene, "5.2.0.192.in-addr.arpa", LDNS_RR_TYPE_PTR, 0), it;
    const struct incident *incident;

    it = asks(scene, ROOT, first, TYPE_A, 1);
    refers(scene, &it, RECORDS("auth 2.0.192.in-addr.arpa. 300 IN NS ns.isp.test."), 5);
    it = asks(scene, NS1, "5.2.0.192.in-addr.arpa", LDNS_RR_TYPE_PTR, 6);
    answers(scene, &it, DNS_AA,
            RECORDS("5.2.0.192.in-addr.arpa. 300 IN CNAME 5.0-63.2.0.192.in-addr.arpa.",
                    "auth 0-63.2.0.192.in-addr.arpa. 300 IN NS ns.cdn.test."),
            10);
    it = asks(scene, OTHER, "5.0-63.2.0.192.in-addr.arpa", LDNS_RR_TYPE_PTR, 16);
    answers(scene, &it, RCODE_REFUSED, NULL, 20);
    fails(scene, &client, -1, 21);
    incident = only_incident(scene);
    assert_cause(incident, "lame.refused");
    assert_zone(incident, "0-63.2.0.192.in-addr.arpa.");
}

static void a_delegation_beside_the_alias_is_believed_of_who_was_asked(void **state)
{
    fails_in_a_part_of_a_reverse_zone(*state, "5.2.0.192.in-addr.arpa");
}

/* Then the zone above both is one that the resolver was referred to for the part as well. */
static void a_delegation_beside_the_alias_leads_further_than_a_referral(void **state)
{
    fails_in_a_part_of_a_reverse_zone(*state, "2.0.192.in-addr.arpa");
}

/* Who answers for a zone has no say in who serves another one. */
static void an_alias_elsewhere_delegates_nothing(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA,
            RECORDS("www.example.com. 300 IN CNAME www.victim.test.",
                    "auth victim.test. 300 IN NS ns1.example.com."),
            25);
    it = asks(scene, NS1, "www.victim.test", TYPE_A, 30);
    answers(scene, &it, RCODE_REFUSED, NULL, 35);
    fails(scene, &client, -1, 40);
    assert_int_equal(only_incident(scene)->zone.size_bytes, 0);
}

static void a_failing_root_is_not_why_a_delegated_name_fails(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 25);
    answers(scene, &client, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 26);
    primes(scene, 199000);
    client = client_asks(scene, "www.elsewhere.test", TYPE_A, 200000);
    it = asks(scene, ROOT, "www.elsewhere.test", TYPE_A, 200001);
    answers(scene, &it, RCODE_SERVFAIL, NULL, 200005);
    fails(scene, &client, -1, 203000);
    client = client_asks(scene, "mail.example.com", TYPE_A, 210000);
    fails(scene, &client, -1, 210001);
    client = client_asks(scene, "www.nowhere.test", TYPE_A, 210010);
    fails(scene, &client, -1, 210011);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_zone(&scene->incidents[0], ".");
    assert_cause(&scene->incidents[1], "resolver.no-upstream");
    assert_cause(&scene->incidents[2], "cached.failure");
}

/* In a young capture an alias of before it may have led to what was asked meanwhile. */
static void work_for_an_unseen_alias_may_have_been_done(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    fails_behind_an_alias(scene);
    client = client_asks(scene, "shop.other.test", TYPE_A, 40000);
    it = asks(scene, OTHER, "e2.cdn.test", TYPE_A, 40005);
    answers(scene, &it, RCODE_REFUSED, NULL, 40300);
    fails(scene, &client, -1, 40301);
    scene_end(scene);
    assert_cause(&scene->incidents[1], "unattributed.capture-start");
}

/* Names below old.example.com are aliases of those below cdn.test., whose server refuses. */
static void fails_behind_a_dname(struct scene *scene, const char *dname)
{
    struct ask client = client_asks(scene, "a.old.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "a.old.example.com", 1);
    it = asks(scene, NS1, "a.old.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA, RECORDS(dname, "a.old.example.com. 0 IN CNAME a.cdn.test."), 25);
    it = asks(scene, ROOT, "a.cdn.test", TYPE_A, 30);
    refers(scene, &it,
           RECORDS("auth cdn.test. 300 IN NS ns.cdn.test.", "add ns.cdn.test. 300 IN A 9.9.1.1"),
           35);
    it = asks(scene, OTHER, "a.cdn.test", TYPE_A, 40);
    answers(scene, &it, RCODE_REFUSED, NULL, 45);
    fails(scene, &client, -1, 50);
}

#define DNAME "old.example.com. 3600 IN DNAME cdn.test."

/* The client asks for `qname`, and the resolver at once for `target`. */
static void fails_without_asking(struct scene *scene, const char *qname, const char *target,
                                 int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms), it;

    it = asks(scene, OTHER, target, TYPE_A, at_ms + 1);
    answers(scene, &it, RCODE_REFUSED, NULL, at_ms + 5);
    fails(scene, &client, -1, at_ms + 6);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
}

static void a_dname_that_is_still_known_leads_others_to_its_target(void **state)
{
    struct scene *scene = *state;

    fails_behind_a_dname(scene, DNAME);
    fails_without_asking(scene, "b.c.old.example.com", "b.c.cdn.test", 2000000);
    assert_lame_behind_the_alias(&scene->incidents[1]);
    assert_non_null(
        strstr(scene->incidents[1].explanation, "that it is an alias was known from before"));
}

static void a_dname_leads_nowhere_after_its_ttl(void **state)
{
    struct scene *scene = *state;

    fails_behind_a_dname(scene, DNAME);
    fails_without_asking(scene, "b.old.example.com", "b.cdn.test", 3700000);
    assert_cause(&scene->incidents[1], "resolver.no-upstream");
}

static void a_dname_of_another_zone_is_not_believed(void **state)
{
    struct scene *scene = *state;

    fails_behind_a_dname(scene, "com. 3600 IN DNAME cdn.test.");
    fails_without_asking(scene, "b.com", "b.cdn.test", 2000000);
    assert_cause(&scene->incidents[1], "resolver.no-upstream");
}

/* Both in one answer, each of them known for what lies below it. */
static void a_dname_may_lead_to_the_next(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "a.in.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "a.in.example.com", 1);
    it = asks(scene, NS1, "a.in.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA,
            RECORDS("in.example.com. 3600 IN DNAME old.example.com.",
                    "a.in.example.com. 0 IN CNAME a.old.example.com.", DNAME,
                    "a.old.example.com. 0 IN CNAME a.cdn.test."),
            25);
    it = asks(scene, ROOT, "a.cdn.test", TYPE_A, 30);
    refers(scene, &it,
           RECORDS("auth cdn.test. 300 IN NS ns.cdn.test.", "add ns.cdn.test. 300 IN A 9.9.1.1"),
           35);
    it = asks(scene, OTHER, "a.cdn.test", TYPE_A, 40);
    answers(scene, &it, RCODE_REFUSED, NULL, 45);
    fails(scene, &client, -1, 50);
    fails_without_asking(scene, "b.in.example.com", "b.cdn.test", 2000000);
    assert_lame_behind_the_alias(&scene->incidents[1]);
}

static void an_alias_is_known_for_its_ttl(void **state)
{
    struct scene *scene = *state;

    fails_behind_an_alias(scene); /* of 300 seconds */
    fails_without_asking(scene, "www.example.com", "e1.cdn.test", 290000);
    assert_lame_behind_the_alias(&scene->incidents[1]);
}

static void what_is_no_alias_any_more_leads_nowhere(void **state)
{
    struct scene *scene = *state;
    struct ask it;

    fails_behind_a_dname(scene, DNAME);
    it = asks(scene, NS1, "b.old.example.com", TYPE_AAAA, 1990000);
    answers(scene, &it, DNS_AA, RECORDS("auth example.com. 300 IN SOA ns1 host 1 2 3 4 5"),
            1990005);
    fails_without_asking(scene, "b.old.example.com", "b.cdn.test", 2000000);
    assert_string_not_equal(cause_code(scene->incidents[1].cause), "lame.refused");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_alias_that_is_still_known_leads_to_its_target),
        CASE(what_fails_of_the_alias_itself_comes_first),
        CASE(keys_that_are_asked_for_again_and_again_are_not_believed),
        CASE(keys_that_are_asked_for_at_once_are_for_several_questions),
        CASE(missing_keys_are_not_those_of_a_zone_that_was_not_asked_for_them),
        CASE(questions_of_one_moment_fail_of_the_same_keys),
        CASE(what_a_server_says_of_other_zones_is_asked_for_there),
        CASE(nameservers_that_nobody_finds_again_are_still_the_reason),
        CASE(nameservers_that_are_known_to_be_none_are_the_reason),
        CASE(a_nameserver_that_ends_in_a_number_is_none),
        CASE(a_delegation_beside_the_alias_names_the_zone),
        CASE(a_delegation_beside_the_alias_is_believed_of_who_was_asked),
        CASE(a_delegation_beside_the_alias_leads_further_than_a_referral),
        CASE(an_alias_elsewhere_delegates_nothing),
        CASE(a_failing_root_is_not_why_a_delegated_name_fails),
        CASE(work_for_an_unseen_alias_may_have_been_done),
        CASE(a_dname_that_is_still_known_leads_others_to_its_target),
        CASE(a_dname_leads_nowhere_after_its_ttl),
        CASE(a_dname_of_another_zone_is_not_believed),
        CASE(a_dname_may_lead_to_the_next),
        CASE(an_alias_is_known_for_its_ttl),
        CASE(what_is_no_alias_any_more_leads_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
