/* Where clients are hidden, nothing of an incident tells who they are, and nothing else of it
 * changes. */
#include "correlate/hide.h"
#include "decode/hash.h"
#include "scene.h"

#define PTR 12

static struct address cut(void *context, const struct address *client)
{
    struct address hidden = *client;

    (void)context;
    hidden.bytes[15] = 0;
    return hidden;
}

static const struct hiding hiding = {cut, NULL, false};

static int begin(void **state)
{
    struct correlator_options options = {
        .grace_ns = -1, .memory_bytes = 64 << 20, .anonymize = cut};

    *state = scene_new(&options);
    return 0;
}

static int end(void **state)
{
    scene_free(*state);
    return 0;
}

static const char *text_of(const struct name *name)
{
    static char text[NAME_TEXT_SIZE];

    return name_to_text(name->bytes, name->size_bytes, text);
}

/* The way down to a zone of the resolver's network, which NS1 serves. */
static void walks_to(struct scene *scene, const char *qname, const char *zone, int64_t at_ms)
{
    struct ask root = asks(scene, ROOT, qname, PTR, at_ms);
    char delegation[256];

    snprintf(delegation, sizeof(delegation), "auth %s 300 IN NS 203-0-113-53.example.com.", zone);
    refers(scene, &root, RECORDS(delegation, "add 203-0-113-53.example.com. 300 IN A " NS1),
           at_ms + 1);
}

/* It fails for the zone's only server refuses it. */
static void fails_of_its_zone(struct scene *scene, const char *qname, const char *zone, int ede,
                              int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, PTR, at_ms), server;

    walks_to(scene, qname, zone, at_ms + 1);
    server = asks(scene, NS1, qname, PTR, at_ms + 3);
    answers(scene, &server, RCODE_REFUSED, NULL, at_ms + 4);
    fails(scene, &client, ede, at_ms + 5);
}

static void clients_addresses_are_hidden_before_they_leave(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct address hidden;

    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    fails(scene, &client, -1, 10000);
    assert_int_equal(address_from_text(&hidden, "192.168.7.0"), 0);
    assert_true(address_equal(&only_incident(scene)->client, &hidden));
}

static void the_name_of_a_client_stands_nowhere_in_its_incident(void **state)
{
    static const char network[] = "hidden.113.0.203.in-addr.arpa.";
    struct scene *scene = *state;
    const struct incident *incident;

    fails_of_its_zone(scene, "7.113.0.203.in-addr.arpa", "7.113.0.203.in-addr.arpa.", -1, 0);
    incident = only_incident(scene);
    assert_cause(incident, "lame.refused");
    assert_string_equal(text_of(&incident->qname), network);
    assert_zone(incident, network);
    assert_int_equal(incident->server_count, 1);
    assert_string_equal(text_of(&incident->servers[0].name), "hidden.example.com.");
    assert_int_equal(incident->evidence_count, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_string_equal(text_of(&incident->evidence[i].qname), network);
    assert_string_equal(text_of(&incident->evidence[1].zone), network);
    assert_string_equal(text_of(&incident->evidence[1].server_name), "hidden.example.com.");
    assert_non_null(strstr(incident->explanation, network));
    assert_null(strstr(incident->explanation, "7.113"));
    assert_true(incident->advice_count > 0);
    for (unsigned i = 0; i < incident->advice_count; i++)
        assert_null(strstr(incident->advice[i], "7.113"));
    assert_string_equal(text_of(&scene->outages[0].zone), network);
    assert_string_equal(text_of(&scene->outages[0].servers[0].name), "hidden.example.com.");
}

/* Else it could be found by trying all. */
static void the_identity_is_made_of_what_is_shown(void **state)
{
    struct scene *scene = *state;
    const struct incident *incident;

    fails_of_its_zone(scene, "7.113.0.203.in-addr.arpa", "113.0.203.in-addr.arpa.", -1, 0);
    incident = only_incident(scene);
    assert_true(incident->identity ==
                incident_identity(&incident->resolver, &incident->client, incident->client_port,
                                  incident->transport, incident->id, &incident->qname,
                                  incident->qtype, incident->qclass, incident->time_ns));
}

static void the_origin_in_a_chain_of_resolvers_is_found(void **state)
{
    static const char qname[] = "7.113.0.203.in-addr.arpa";
    struct scene *scene = *state;
    struct ask client = client_asks(scene, qname, PTR, 0);
    struct ask forwarded = ask(scene, RESOLVER, "192.168.8.1", qname, PTR, DNS_RD, 1);
    struct ask upstream = ask(scene, "192.168.8.1", NS1, qname, PTR, 0, 2);

    answers(scene, &upstream, RCODE_REFUSED, NULL, 5);
    fails(scene, &forwarded, -1, 6);
    fails(scene, &client, -1, 7);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    assert_cause(&scene->incidents[1], "forwarder.servfail");
    assert_true(scene->incidents[1].origin == scene->incidents[0].identity);
}

static void pseudonyms_are_counted_in_the_clients_place_and_prefixes_are_not(void **state)
{
    static const struct hiding pseudonyms = {cut, NULL, true};
    struct address client, hidden;

    (void)state;
    assert_int_equal(address_from_text(&client, CLIENT), 0);
    hidden = cut(NULL, &client);
    assert_true(hide_client_key(&hiding, &client) == hash_stable(client.bytes, 16));
    assert_true(hide_client_key(&pseudonyms, &client) == hash_stable(hidden.bytes, 16));
}

/* What a resolver remembers of one client's zone it does not of another's, although both are shown
 * alike. */
static void failures_are_remembered_under_the_names_as_they_are(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    fails_of_its_zone(scene, "7.113.0.203.in-addr.arpa", "7.113.0.203.in-addr.arpa.", -1, 0);
    client = client_asks(scene, "x.7.113.0.203.in-addr.arpa", PTR, 1000);
    fails(scene, &client, -1, 1001);
    client = client_asks(scene, "8.113.0.203.in-addr.arpa", PTR, 2000);
    fails(scene, &client, -1, 2001);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_cause(&scene->incidents[1], "cached.failure");
    assert_true(scene->incidents[1].origin == scene->incidents[0].identity);
    assert_zone(&scene->incidents[1], "hidden.113.0.203.in-addr.arpa.");
    assert_string_equal(text_of(&scene->incidents[1].contributing[0].zone),
                        "hidden.113.0.203.in-addr.arpa.");
    assert_string_not_equal(cause_code(scene->incidents[2].cause), "cached.failure");
}

static void the_text_of_an_ede_goes_and_its_code_stays(void **state)
{
    struct incident incident = {.ede = {{.code = 22, .text_size = 4, .text = "down"}},
                                .ede_count = 1};

    (void)state;
    hide_incident(&hiding, &incident);
    assert_int_equal(incident.ede_count, 1);
    assert_int_equal(incident.ede[0].code, 22);
    assert_int_equal(incident.ede[0].text_size, 0);
}

static void a_clause_keeps_its_facts(void **state)
{
    static const struct {
        const char *found, *shown;
    } cases[] = {
        {"the signature over 7.113.0.203.in-addr.arpa. PTR by 113.0.203.in-addr.arpa. key 4711 "
         "(RSASHA256) expired at 2026-01-02T03:04:05Z",
         "the signature over hidden.113.0.203.in-addr.arpa. PTR by 113.0.203.in-addr.arpa. key "
         "4711 "
         "(RSASHA256) expired at 2026-01-02T03:04:05Z"},
        {"not in the DNSKEY RRset of 0.4.3.2.1.8.b.d.0.1.0.0.2.ip6.arpa., and the",
         "not in the DNSKEY RRset of hidden.4.3.2.1.8.b.d.0.1.0.0.2.ip6.arpa., and the"},
        {"(203-0-113-7.example.): it is", "(hidden.example.): it is"},
        {"cut within an escape: 203-0-113-7\\03", "cut within an escape: hidden"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[DNSSEC_TEXT_SIZE];

        strcpy(text, cases[i].found);
        hide_names_in_clause(&hiding, text);
        assert_string_equal(text, cases[i].shown);
    }
}

static void a_zone_of_a_clients_own_is_hidden_in_forecasts(void **state)
{
    struct scene *scene = *state;
    const struct delegation_sight *sight = scene->delegations;

    struct ask server;

    walks_to(scene, "7.113.0.203.in-addr.arpa", "7.113.0.203.in-addr.arpa.", 0);
    server = asks(scene, NS1, "7.113.0.203.in-addr.arpa", PTR, 3);
    answers(scene, &server, DNS_AA, NULL, 4);
    scene_end(scene);
    assert_int_equal(scene->delegation_count, 1);
    assert_string_equal(text_of(&sight->zone), "hidden.113.0.203.in-addr.arpa.");
    assert_string_equal(text_of(&sight->server_name), "hidden.example.com.");
}

static void nothing_is_hidden_unless_that_is_asked_for(void **state)
{
    static const struct hiding none = {NULL, NULL, false};
    char text[DNSSEC_TEXT_SIZE] = "7.113.0.203.in-addr.arpa.";
    struct name name;

    (void)state;
    assert_int_equal(name_from_text(&name, text), 0);
    hide_name(&none, &name);
    hide_names_in_clause(&none, text);
    assert_string_equal(text_of(&name), "7.113.0.203.in-addr.arpa.");
    assert_string_equal(text, "7.113.0.203.in-addr.arpa.");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(clients_addresses_are_hidden_before_they_leave),
        CASE(the_name_of_a_client_stands_nowhere_in_its_incident),
        CASE(the_identity_is_made_of_what_is_shown),
        CASE(the_origin_in_a_chain_of_resolvers_is_found),
        CASE(pseudonyms_are_counted_in_the_clients_place_and_prefixes_are_not),
        CASE(failures_are_remembered_under_the_names_as_they_are),
        CASE(the_text_of_an_ede_goes_and_its_code_stays),
        CASE(a_clause_keeps_its_facts),
        CASE(a_zone_of_a_clients_own_is_hidden_in_forecasts),
        CASE(nothing_is_hidden_unless_that_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
