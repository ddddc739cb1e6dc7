/* Outages that begin and end: what silence means of a server that comes back, what a resolver still
 * fails of then, and what it would have been answered had it waited. */
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

static void is_answered(struct scene *scene, const char *server, const char *qname, int64_t at_ms)
{
    struct ask it = asks(scene, server, qname, TYPE_A, at_ms);
    char record[96];

    snprintf(record, sizeof(record), "%s. 300 IN A 1.2.3.4", qname);
    answers(scene, &it, DNS_AA, RECORDS(record), at_ms + 5);
}

static void servers_that_come_back_after_the_failure_were_dead(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    fails(scene, &client, -1, 5000);
    is_answered(scene, NS1, "mail.example.com", 9000);
    is_answered(scene, NS2, "mail.example.com", 9010);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_int_equal(scene->incidents[0].server_count, 2);
}

static void a_server_that_answers_others_before_the_failure_is_intermittent(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    for (int i = 0; i < 2; i++) {
        is_answered(scene, NS1, "mail.example.com", 4000 + i * 5000);
        is_answered(scene, NS2, "mail.example.com", 4010 + i * 5000);
    }
    fails(scene, &client, -1, 5000);
    assert_cause(only_incident(scene), "timeout.intermittent");
}

static void servers_held_dead_may_be_back_when_it_is_judged(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    client_asks(scene, "www.example.com", TYPE_A, 0);
    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 6; i++)
        asks(scene, i % 2 ? NS2 : NS1, "www.example.com", TYPE_A, 20 + i * 800);
    client = client_asks(scene, "mail.example.com", TYPE_A, 100000);
    it = asks(scene, TLD, "mail.example.com", TYPE_A, 100001); /* have they other addresses? */
    refers(scene, &it, EXAMPLE_REFERRAL, 100006);
    fails(scene, &client, -1, 100010);
    is_answered(scene, NS1, "other.example.com", 104000);
    is_answered(scene, NS2, "other.example.com", 104010);
    assert_cause(only_incident(scene), "cached.failure");
    assert_zone(&scene->incidents[0], "example.com.");
    assert_int_equal(scene->incidents[0].contributing[0].cause, CAUSE_UNREACHABLE_NO_RESPONSE);
}

/* It answered a while ago, and now neither UDP nor the TCP that is tried then. */
static void tcp_to_servers_that_are_silent_says_no_more(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    is_answered(scene, NS1, "www.example.com", 20);
    is_answered(scene, NS2, "www.example.com", 30);
    answers(scene, &client, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 40);
    asks(scene, NS1, "other.example.com", TYPE_A, 10000);
    asks(scene, NS2, "other.example.com", TYPE_A, 10400);
    client = client_asks(scene, "mail.example.com", TYPE_A, 20000);
    it = asks(scene, TLD, "mail.example.com", TYPE_A, 20001);
    refers(scene, &it, EXAMPLE_REFERRAL, 20006);
    for (int i = 0; i < 2; i++)
        scene_tcp(scene, RESOLVER, (uint16_t)(33333 + i), i ? NS2 : NS1, 53, TCP_FLAG_SYN,
                  20007 + i);
    fails(scene, &client, -1, 23000);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

/* IPv6 works. */
static void fails_while_ipv4_is_silent(struct scene *scene)
{
    static const char *const names[] = {"www.shop.org", "www.example.net", "www.other.info"};
    struct ask client = client_asks(scene, "www.healthy.net", TYPE_A, 0), it;

    it = asks(scene, "2001:500:2f::f", "www.healthy.net", TYPE_A, 1);
    answers(scene, &it, DNS_AA, RECORDS("www.healthy.net. 1 IN A 1.2.3.4"), 5);
    answers(scene, &client, DNS_RA, RECORDS("www.healthy.net. 1 IN A 1.2.3.4"), 6);
    client = client_asks(scene, "mail.example.com", TYPE_A, 10);
    walks_to_example(scene, "mail.example.com", 11);
    is_answered(scene, NS1, "mail.example.com", 30);
    answers(scene, &client, DNS_RA, RECORDS("mail.example.com. 1 IN A 1.2.3.4"), 36);
    client = client_asks(scene, "www.example.com", TYPE_A, 5000);
    asks(scene, NS1, "www.example.com", TYPE_A, 5001);
    for (int i = 0; i < 3; i++) {
        client_asks(scene, names[i], TYPE_A, 5010 + i);
        asks(scene, i == 1 ? TLD : OTHER, names[i], TYPE_A, 5011 + i);
        it = client_asks(scene, "www.healthy.net", TYPE_A, 6000 + i * 1500);
        answers(scene, &it, DNS_RA, RECORDS("www.healthy.net. 1 IN A 1.2.3.4"), 6020 + i * 1500);
        it = asks(scene, "2001:500:2f::f", "www.healthy.net", TYPE_A, 6001 + i * 1500);
        answers(scene, &it, DNS_AA, RECORDS("www.healthy.net. 1 IN A 1.2.3.4"), 6010 + i * 1500);
    }
    asks(scene, NS2, "www.example.com", TYPE_A, 7000);
    fails(scene, &client, -1, 10000);
}

static void a_cut_of_ipv4_alone_is_a_blocked_egress(void **state)
{
    struct scene *scene = *state;

    fails_while_ipv4_is_silent(scene);
    assert_cause(only_incident(scene), "unreachable.egress-blocked");
    assert_non_null(strstr(scene->incidents[0].explanation, "on port 53 over IPv4 answered"));
}

static void a_short_silence_of_ipv4_is_no_cut(void **state)
{
    struct scene *scene = *state;

    fails_while_ipv4_is_silent(scene);
    is_answered(scene, TLD, "www.another.com", 11000);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

/* Nothing answers, twice, with a minute between; before, `ever`, all of them did. */
static void fails_amid_two_silences(struct scene *scene, bool ever)
{
    static const char *const names[] = {"example.com", "dead.org", "gone.net", "away.info"};
    static const char *const servers[] = {NS1, "9.3.3.3", "9.4.4.4", "9.5.5.5"};
    struct ask clients[4];

    walks_to_example(scene, "example.com", 1);
    for (int i = 0; i < 4 && ever; i++)
        is_answered(scene, servers[i], names[i], 100 + i * 10);
    for (int round = 0; round < 2; round++) {
        int64_t at_ms = 1000 + round * 60000;

        for (int i = 0; i < 4; i++) {
            clients[i] = client_asks(scene, names[i], TYPE_A, at_ms + i);
            asks(scene, servers[i], names[i], TYPE_A, at_ms + 10 + i);
            asks(scene, servers[i], names[i], TYPE_A, at_ms + 1010 + i);
        }
        for (int i = 0; i < 4 && round == 1; i++)
            fails(scene, &clients[i], -1, at_ms + 10000 + i);
        is_answered(scene, OTHER, "www.elsewhere.org", at_ms + 20000);
    }
    scene_end(scene);
    assert_int_equal(scene->incident_count, 4);
}

/* A mail queue tries again what it could not deliver, and nobody else asks for anything. */
static void the_dead_that_are_asked_again_at_once_are_no_blocked_egress(void **state)
{
    struct scene *scene = *state;

    fails_amid_two_silences(scene, false);
    for (int i = 0; i < 4; i++)
        assert_cause(&scene->incidents[i], "unreachable.no-response");
}

static void an_egress_that_is_blocked_again_is_blocked(void **state)
{
    struct scene *scene = *state;

    fails_amid_two_silences(scene, true);
    for (int i = 0; i < 4; i++)
        assert_cause(&scene->incidents[i], "unreachable.egress-blocked");
}

/* Forwarders */

#define FORWARDER "8.8.8.8"

static void passes_on(struct scene *scene, const char *qname, int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms);

    for (int i = 0; i < 3; i++)
        ask(scene, RESOLVER, FORWARDER, qname, TYPE_A, DNS_RD, at_ms + 1 + i * 1500);
    fails(scene, &client, -1, at_ms + 5000);
}

static void fails_at_once(struct scene *scene, const char *qname, int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms);

    fails(scene, &client, -1, at_ms + 1);
}

static void assert_remembers_the_forwarder(const struct scene *scene, unsigned index)
{
    const struct incident *incident = &scene->incidents[index];

    assert_true(index < scene->incident_count);
    assert_cause(incident, "cached.failure");
    assert_true(incident->origin == scene->incidents[0].identity ||
                incident->origin == scene->incidents[1].identity);
    assert_int_equal(incident->contributing[0].cause, CAUSE_FORWARDER_DOWN);
    assert_true(blames(incident, FORWARDER));
}

static void other_names_of_the_domain_fail_of_a_forwarder_held_dead(void **state)
{
    struct scene *scene = *state;

    passes_on(scene, "www.corp.test", 0);
    fails_at_once(scene, "mail.corp.test", 30000);
    fails_at_once(scene, "www.other.test", 31000); /* may be nobody's to forward */
    scene_end(scene);
    assert_remembers_the_forwarder(scene, 1);
    assert_int_not_equal(scene->incidents[2].cause, CAUSE_CACHED_FAILURE);
}

static void all_names_fail_of_a_forwarder_that_all_are_passed_on_to(void **state)
{
    struct scene *scene = *state;

    passes_on(scene, "www.corp.test", 0);
    passes_on(scene, "www.example.com", 10000);
    fails_at_once(scene, "www.other.org", 30000);
    scene_end(scene);
    assert_remembers_the_forwarder(scene, 2);
}

static void a_forwarder_that_answers_again_is_not_held_dead(void **state)
{
    struct scene *scene = *state;
    struct ask it;

    passes_on(scene, "www.corp.test", 0);
    passes_on(scene, "www.example.com", 10000);
    it = ask(scene, RESOLVER, FORWARDER, "www.elsewhere.org", TYPE_A, DNS_RD, 20000);
    answers(scene, &it, DNS_RA, RECORDS("www.elsewhere.org. 300 IN A 1.2.3.4"), 20005);
    fails_at_once(scene, "www.other.org", 30000);
    fails_at_once(scene, "mail.corp.test", 31000);
    scene_end(scene);
    assert_cause(&scene->incidents[2], "unattributed.capture-start");
    assert_cause(&scene->incidents[3], "unattributed.capture-start");
}

/* What lies below a delegation that the resolver was told of, it asks for itself. */
static void a_delegated_name_is_not_passed_on(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    is_answered(scene, NS1, "www.example.com", 20);
    answers(scene, &client, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 26);
    passes_on(scene, "www.corp.com", 1000);
    passes_on(scene, "www.corp.test", 8000);
    is_answered(scene, NS1, "ftp.example.com", 14000);
    fails_at_once(scene, "mail.example.com", 30000);
    scene_end(scene);
    assert_true(scene->incidents[2].origin == 0);
    assert_int_not_equal(scene->incidents[2].cause, CAUSE_CACHED_FAILURE);
}

/* Answers that nobody waited for */

/* The resolver's host says that nobody listens on the port any more. */
static void gives_up(struct scene *scene, const struct ask *it, int64_t at_ms)
{
    struct ask answer = {.from = it->to,
                         .to = it->from,
                         .port = it->port,
                         .id = it->id,
                         .qtype = it->qtype,
                         .qname = it->qname,
                         .flags = DNS_QR};
    uint8_t packet[1024], wire[512];
    size_t size = scene_message(wire, &answer, DNS_QR | DNS_AA, NULL, -1), at, inner;

    at = scene_ip(packet, it->from, it->to, 1, 8 + 28 + size);
    memset(packet + at, 0, 8);
    packet[at] = 3;
    packet[at + 1] = 3;
    inner = at + 8;
    inner += scene_ip(packet + inner, it->to, it->from, 17, 8 + size);
    scene_put16(packet + inner, 53);
    scene_put16(packet + inner + 2, it->port);
    scene_put16(packet + inner + 4, 8 + size);
    scene_put16(packet + inner + 6, 0);
    memcpy(packet + inner + 8, wire, size);
    scene_frame(scene, packet, inner + 8 + size, at_ms);
}

/* Silence took its time; the last server to be asked was just not waited for. */
static void who_was_asked_last_is_not_slow(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), last;

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 4; i++)
        asks(scene, NS1, "www.example.com", TYPE_A, 20 + i * 2000);
    last = asks(scene, NS2, "www.example.com", TYPE_A, 9990);
    fails(scene, &client, -1, 10000);
    answers(scene, &last, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 10150);
    gives_up(scene, &last, 10151);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_true(blames(&scene->incidents[0], NS1));
}

static void a_refusal_is_one_however_soon_the_resolver_gave_up(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), server;

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 2; i++) {
        server = asks(scene, i ? NS2 : NS1, "www.example.com", TYPE_A, 20 + i * 100);
        answers(scene, &server, RCODE_REFUSED, NULL, 90 + i * 100);
        gives_up(scene, &server, 91 + i * 100);
    }
    fails(scene, &client, -1, 5000);
    assert_cause(only_incident(scene), "lame.refused");
}

/* A popular name with a short TTL: the fetch before the outage is not this one. */
static void a_late_answer_of_a_fetch_that_went_well_is_no_evidence(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), late;

    walks_to_example(scene, "www.example.com", 1);
    late = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &late, DNS_AA, RECORDS("www.example.com. 5 IN A 1.2.3.4"), 150);
    gives_up(scene, &late, 151);
    is_answered(scene, NS2, "www.example.com", 120);
    answers(scene, &client, DNS_RA, RECORDS("www.example.com. 5 IN A 1.2.3.4"), 152);
    for (int i = 0; i < 8; i++)
        asks(scene, i % 2 ? NS2 : NS1, "www.example.com", TYPE_A, 6000 + i * 2000);
    client = client_asks(scene, "www.example.com", TYPE_A, 15000);
    fails(scene, &client, -1, 22000);
    assert_int_not_equal(only_incident(scene)->cause, CAUSE_TIMEOUT_SLOW_SERVER);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(servers_that_come_back_after_the_failure_were_dead),
        CASE(a_server_that_answers_others_before_the_failure_is_intermittent),
        CASE(servers_held_dead_may_be_back_when_it_is_judged),
        CASE(tcp_to_servers_that_are_silent_says_no_more),
        CASE(a_cut_of_ipv4_alone_is_a_blocked_egress),
        CASE(a_short_silence_of_ipv4_is_no_cut),
        CASE(the_dead_that_are_asked_again_at_once_are_no_blocked_egress),
        CASE(an_egress_that_is_blocked_again_is_blocked),
        CASE(other_names_of_the_domain_fail_of_a_forwarder_held_dead),
        CASE(all_names_fail_of_a_forwarder_that_all_are_passed_on_to),
        CASE(a_forwarder_that_answers_again_is_not_held_dead),
        CASE(a_delegated_name_is_not_passed_on),
        CASE(who_was_asked_last_is_not_slow),
        CASE(a_refusal_is_one_however_soon_the_resolver_gave_up),
        CASE(a_late_answer_of_a_fetch_that_went_well_is_no_evidence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
