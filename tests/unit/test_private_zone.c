/* Zones that a network keeps for itself, unsigned; and forwarders that strip signatures, which look
 * alike from within. */
#include "scene.h"

#define INTERNAL "10.9.9.9"
#define SIGNED(owner, type)                                                                        \
    "auth " owner " 300 IN RRSIG " type                                                            \
    " 13 2 300 20300101000000 20200101000000 4711 example.com. AAAA"
#define SOA "auth example.com. 300 IN SOA ns1.example.com. host.example.com. 1 2 3 4 5"
#define OWN_SOA                                                                                    \
    RECORDS("auth corp.example.com. 300 IN SOA dc1.corp.example.com. host.example.com. 1 2 3 4 5")

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

/* The resolver asks with DO set. */
static struct ask validates(struct scene *scene, const char *server, const char *qname,
                            uint16_t qtype, uint16_t flags, int64_t at_ms)
{
    static const uint8_t opt[] = {0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0};
    struct ask it = {
        scene->egress, server, scene->next_port, (uint16_t)(scene->next_port * 7u), qtype,
        flags,         qname};
    uint8_t wire[512];
    size_t size = scene_message(wire, &it, flags, NULL, -1);

    scene->next_port++;
    memcpy(wire + size, opt, sizeof(opt));
    wire[11] = 1;
    scene_udp(scene, it.from, it.port, server, 53, wire, size + sizeof(opt), at_ms);
    return it;
}

/* The rest of the world is told that there is no corp.example.com. */
static void denies_corp(struct scene *scene, int64_t at_ms)
{
    struct ask it = validates(scene, NS1, "corp.example.com", LDNS_RR_TYPE_DS, 0, at_ms);

    answers(scene, &it, DNS_AA | RCODE_NXDOMAIN,
            RECORDS(SOA, SIGNED("example.com.", "SOA"),
                    "auth example.com. 300 IN NSEC a.example.com. NS SOA RRSIG NSEC",
                    SIGNED("example.com.", "NSEC"),
                    "auth a.example.com. 300 IN NSEC d.example.com. A RRSIG NSEC",
                    "auth a.example.com. 300 IN RRSIG NSEC 13 3 300 20300101000000 20200101000000 "
                    "4711 example.com. AAAA"),
            at_ms + 5);
}

static bool advises(const struct incident *incident, const char *what)
{
    for (unsigned i = 0; i < incident->advice_count; i++)
        if (strstr(incident->advice[i], what))
            return true;
    return false;
}

static void assert_private(const struct incident *incident)
{
    assert_cause(incident, "dnssec.signature-missing");
    assert_zone(incident, "corp.example.com.");
    assert_true(incident->server_count == 1 && blames(incident, INTERNAL));
    assert_non_null(strstr(incident->explanation, "a zone of the network's own"));
    assert_true(advises(incident, "domain-insecure"));
    assert_false(advises(incident, "registrar"));
}

static void data_of_a_name_that_does_not_exist_are_of_a_private_zone(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.corp.example.com", TYPE_A, 0), it;

    it = validates(scene, INTERNAL, "www.corp.example.com", TYPE_A, DNS_RD, 1);
    answers(scene, &it, DNS_AA, RECORDS("www.corp.example.com. 300 IN A 10.1.1.1"), 5);
    denies_corp(scene, 6);
    fails(scene, &client, -1, 20);
    assert_private(only_incident(scene));
    assert_int_equal(scene->incidents[0].confidence, CONFIDENCE_CERTAIN);
}

/* The proof is older than the exchanges that are kept, and the server is asked as an authority. */
static void a_proof_is_remembered_as_keys_are(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    denies_corp(scene, 0);
    client = client_asks(scene, "none.corp.example.com", TYPE_A, 400000);
    it = validates(scene, INTERNAL, "none.corp.example.com", TYPE_A, 0, 400001);
    answers(scene, &it, DNS_AA | RCODE_NXDOMAIN, OWN_SOA, 400005);
    fails(scene, &client, -1, 400010);
    assert_private(only_incident(scene));
}

static void fails_without_ds(struct scene *scene, uint16_t flags)
{
    struct ask client = client_asks(scene, "www.corp.example.com", TYPE_A, 0), it;

    it = validates(scene, INTERNAL, "www.corp.example.com", TYPE_A, DNS_RD, 1);
    answers(scene, &it, flags, RECORDS("www.corp.example.com. 300 IN A 10.1.1.1"), 5);
    it = validates(scene, INTERNAL, "corp.example.com", LDNS_RR_TYPE_DS, DNS_RD, 6);
    answers(scene, &it, flags, OWN_SOA, 10);
    fails(scene, &client, -1, 20);
    scene_end(scene);
}

static void a_forwarder_that_has_authority_has_the_zone_itself(void **state)
{
    struct scene *scene = *state;

    fails_without_ds(scene, DNS_AA | DNS_RA);
    assert_private(&scene->incidents[0]);
    assert_int_equal(scene->incidents[0].confidence, CONFIDENCE_LIKELY);
}

static void a_forwarder_that_has_none_strips_signatures(void **state)
{
    struct scene *scene = *state;

    fails_without_ds(scene, DNS_RA);
    assert_cause(&scene->incidents[0], "forwarder.dnssec-stripped");
}

#define KEY "example.com. 300 IN DNSKEY 257 3 13 AAAA"

static void one_forwarder_of_two_may_strip(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;
    const struct incident *incident;

    it = validates(scene, OTHER, "www.example.com", TYPE_A, DNS_RD, 1);
    answers(scene, &it, DNS_RA,
            RECORDS("www.example.com. 300 IN A 1.2.3.4",
                    "www.example.com. 300 IN RRSIG A 13 3 300 20300101000000 20200101000000 4711 "
                    "example.com. AAAA"),
            5);
    it = validates(scene, NS2, "example.com", LDNS_RR_TYPE_DNSKEY, DNS_RD, 6);
    answers(scene, &it, DNS_RA, RECORDS(KEY), 10);
    fails(scene, &client, -1, 20);
    incident = only_incident(scene);
    assert_cause(incident, "forwarder.dnssec-stripped");
    assert_true(incident->server_count == 1 && blames(incident, NS2));
}

/* It went on to ask a dead one, which is no sign that the answer was not its own. */
static void a_dead_forwarder_does_not_hide_that_the_other_strips(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;
    const struct incident *incident;

    it = validates(scene, NS2, "www.example.com", TYPE_A, DNS_RD, 1);
    answers(scene, &it, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 5);
    it = validates(scene, NS2, "example.com", LDNS_RR_TYPE_DS, DNS_RD, 6);
    answers(scene, &it, DNS_RA, RECORDS("example.com. 300 IN DS 4711 13 2 00"), 10);
    validates(scene, OTHER, "example.com", LDNS_RR_TYPE_DS, DNS_RD, 11);
    validates(scene, OTHER, "example.com", LDNS_RR_TYPE_DS, DNS_RD, 1200);
    fails(scene, &client, -1, 10000);
    incident = only_incident(scene);
    assert_cause(incident, "forwarder.dnssec-stripped");
    assert_true(incident->server_count == 1 && blames(incident, NS2));
}

/* There is no zone of the name's own, and the signatures of the one above it are lost. */
static void a_public_zone_without_signatures_is_not_private(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;
    const struct incident *incident;

    it = validates(scene, NS1, "www.example.com", TYPE_A, 0, 1);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 5);
    it = validates(scene, NS1, "www.example.com", LDNS_RR_TYPE_DS, 0, 6);
    answers(scene, &it, DNS_AA,
            RECORDS(SOA, SIGNED("example.com.", "SOA"),
                    "auth www.example.com. 300 IN NSEC example.com. A RRSIG NSEC",
                    "auth www.example.com. 300 IN RRSIG NSEC 13 3 300 20300101000000 "
                    "20200101000000 4711 example.com. AAAA"),
            10);
    fails(scene, &client, -1, 20);
    incident = only_incident(scene);
    assert_null(strstr(incident->explanation, "a zone of the network's own"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(data_of_a_name_that_does_not_exist_are_of_a_private_zone),
        CASE(a_proof_is_remembered_as_keys_are),
        CASE(a_forwarder_that_has_authority_has_the_zone_itself),
        CASE(a_forwarder_that_has_none_strips_signatures),
        CASE(one_forwarder_of_two_may_strip),
        CASE(a_dead_forwarder_does_not_hide_that_the_other_strips),
        CASE(a_public_zone_without_signatures_is_not_private),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
