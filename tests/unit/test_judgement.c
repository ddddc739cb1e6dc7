/* Each cause, from packets: what the wire shows, and whom the analyzer blames for it. */
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

/* A healthy question first, so that the resolver's upstream side is known and its memory old. */
static void warm_up(struct scene *scene)
{
    struct ask client = client_asks(scene, "www.healthy.net", TYPE_A, 0);
    struct ask root = asks(scene, ROOT, "www.healthy.net", TYPE_A, 1);
    struct ask server;

    refers(scene, &root,
           RECORDS("auth healthy.net. 300 IN NS ns.healthy.net.",
                   "add ns.healthy.net. 300 IN A 9.5.5.5"),
           5);
    server = asks(scene, "9.5.5.5", "www.healthy.net", TYPE_A, 6);
    answers(scene, &server, DNS_AA, RECORDS("www.healthy.net. 300 IN A 1.2.3.4"), 10);
    answers(scene, &client, DNS_RA, RECORDS("www.healthy.net. 300 IN A 1.2.3.4"), 11);
}

static void servers_that_all_stay_silent_are_no_response(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    const struct incident *incident;

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    asks(scene, NS1, "www.example.com", TYPE_A, 1620);
    fails(scene, &client, -1, 10000);
    incident = only_incident(scene);
    assert_cause(incident, "unreachable.no-response");
    assert_zone(incident, "example.com.");
    assert_true(blames(incident, NS1) && blames(incident, NS2));
    assert_int_equal(incident->elapsed_ns, 10000000000);
    assert_int_equal(incident->server_count, 2);
}

static void a_referral_and_nothing_after_it_but_refusals_is_lame(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask server;
    const struct incident *incident;

    walks_to_example(scene, "www.example.com", 1);
    server = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &server, RCODE_REFUSED, NULL, 25);
    asks(scene, NS2, "www.example.com", TYPE_A, 30);
    fails(scene, &client, -1, 2000);
    incident = only_incident(scene);
    assert_cause(incident, "lame.refused"); /* an answered failure outranks silence */
    assert_true(blames(incident, NS1));
    assert_int_equal(incident->contributing_count, 1);
    assert_string_equal(cause_code(incident->contributing[0].cause), "unreachable.no-response");
}

static void an_address_that_two_names_share_is_one_server(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask it = asks(scene, TLD, "www.example.com", TYPE_A, 1);

    refers(scene, &it,
           RECORDS("auth example.com. 300 IN NS ns1.example.com.",
                   "auth example.com. 300 IN NS ns2.example.com.",
                   "add ns1.example.com. 300 IN A " NS1, "add ns2.example.com. 300 IN A " NS1),
           5);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, RCODE_REFUSED, NULL, 25);
    fails(scene, &client, -1, 30);
    assert_cause(only_incident(scene), "lame.refused");
    assert_int_equal(scene->incidents[0].confidence, CONFIDENCE_CERTAIN);
}

static void what_not_all_of_was_looked_at_is_not_certain(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 520; i++) {
        struct ask it = asks(scene, i % 2 ? NS2 : NS1, "www.example.com", TYPE_A, 20 + 2 * i);

        answers(scene, &it, RCODE_REFUSED, NULL, 21 + 2 * i);
    }
    fails(scene, &client, -1, 1100);
    assert_cause(only_incident(scene), "lame.refused");
    assert_int_equal(scene->incidents[0].confidence, CONFIDENCE_LIKELY);
}

static void earlier_tries_make_the_last_no_less_certain(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 540; i++) {
        struct ask it;

        if (i == 536)
            client = client_asks(scene, "www.example.com", TYPE_A, 19 + 2 * i);
        it = asks(scene, i % 2 ? NS2 : NS1, "www.example.com", TYPE_A, 20 + 2 * i);
        answers(scene, &it, RCODE_REFUSED, NULL, 21 + 2 * i);
    }
    fails(scene, &client, -1, 1100);
    assert_cause(only_incident(scene), "lame.refused");
    assert_int_equal(scene->incidents[0].confidence, CONFIDENCE_CERTAIN);
}

static void evidence_that_several_names_share_is_counted_once(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN CNAME mail.example.com."), 21);
    for (int i = 0; i < 70; i++) {
        it = asks(scene, i % 2 ? NS2 : NS1, "example.com", TYPE_NS, 30 + 2 * i);
        answers(scene, &it, RCODE_REFUSED, NULL, 31 + 2 * i);
    }
    it = asks(scene, NS1, "mail.example.com", TYPE_A, 200);
    answers(scene, &it, RCODE_REFUSED, NULL, 201);
    fails(scene, &client, -1, 210);
    assert_int_equal(only_incident(scene)->evidence_count, EVIDENCE_MAX);
    assert_int_equal(scene->incidents[0].evidence_total, 2 + 1 + 70 + 1);
}

struct answer_case {
    uint16_t flags;
    const char *record;
    const char *cause;
};

static void what_the_servers_answer_names_the_cause(void **state)
{
    static const struct answer_case cases[] = {
        {RCODE_SERVFAIL, NULL, "zone.servfail"},
        {RCODE_NOTAUTH, NULL, "lame.notauth"},
        {RCODE_FORMERR, NULL, "zone.invalid-response"},
        {RCODE_NOTIMP, NULL, "zone.invalid-response"},
        {0, "www.example.com. 300 IN A 1.2.3.4", "lame.not-authoritative"},
        {0, "auth . 300 IN NS a.root-servers.net.", "lame.upward-referral"},
        {0, "auth com. 300 IN NS a.gtld-servers.net.", "lame.upward-referral"},
        {DNS_AA, "www.elsewhere.org. 300 IN A 1.2.3.4", "zone.invalid-response"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene *scene = scene_new(NULL);
        struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

        walks_to_example(scene, "www.example.com", 1);
        for (int server = 0; server < 2; server++) {
            struct ask it =
                asks(scene, server ? NS2 : NS1, "www.example.com", TYPE_A, 20 + 10 * server);

            answers(scene, &it, cases[i].flags, cases[i].record ? RECORDS(cases[i].record) : NULL,
                    25 + 10 * server);
        }
        fails(scene, &client, -1, 100);
        assert_cause(only_incident(scene), cases[i].cause);
        assert_zone(&scene->incidents[0], "example.com.");
        assert_int_equal(scene->incidents[0].server_count, 2);
        scene_free(scene);
    }
}

static void one_dead_server_of_two_is_no_incident(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask server;

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    server = asks(scene, NS2, "www.example.com", TYPE_A, 820);
    answers(scene, &server, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 825);
    answers(scene, &client, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 826);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 0);
}

static void an_answer_after_the_servfail_shows_a_slow_server(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask first, second;

    walks_to_example(scene, "www.example.com", 1);
    first = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    second = asks(scene, NS2, "www.example.com", TYPE_A, 1520);
    fails(scene, &client, -1, 3000);
    answers(scene, &first, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 6020);
    answers(scene, &second, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 7520);
    assert_cause(only_incident(scene), "timeout.slow-server");
}

static void a_slow_server_is_told_with_how_slow_and_which_is_not(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask slow, healthy;
    const struct incident *incident;
    bool compared = false;

    walks_to_example(scene, "www.example.com", 1);
    healthy = asks(scene, NS2, "www.example.com", TYPE_A, 20);
    answers(scene, &healthy, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 25);
    answers(scene, &client, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 26);
    client = client_asks(scene, "mail.example.com", TYPE_A, 1000);
    slow = asks(scene, NS1, "mail.example.com", TYPE_A, 1001);
    fails(scene, &client, -1, 4000);
    answers(scene, &slow, DNS_AA, RECORDS("mail.example.com. 300 IN A 1.2.3.4"), 6001);
    incident = only_incident(scene);
    assert_cause(incident, "timeout.slow-server");
    assert_non_null(strstr(incident->explanation, " asked gave no usable answer: " NS1));
    assert_non_null(strstr(incident->explanation, "answered too late, after 5.00 s"));
    assert_non_null(
        strstr(incident->explanation, NS2 ", which serves the zone as well, did answer others"));
    for (unsigned i = 0; i < incident->advice_count; i++)
        compared |= strstr(incident->advice[i], "mail.example.com. A @" NS2) != NULL;
    assert_true(compared);
}

static void an_answer_after_the_retry_was_too_late_as_well(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask first;

    walks_to_example(scene, "www.example.com", 1);
    first = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    answers(scene, &first, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 6020);
    asks(scene, NS1, "www.example.com", TYPE_A, 6820);
    fails(scene, &client, -1, 10000);
    assert_cause(only_incident(scene), "timeout.slow-server");
}

static void silence_here_and_answers_to_others_is_intermittent(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask other;

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    other = asks(scene, NS1, "mail.example.com", TYPE_A, 900);
    answers(scene, &other, DNS_AA, RECORDS("mail.example.com. 300 IN A 1.2.3.4"), 905);
    other = asks(scene, NS2, "mail.example.com", TYPE_A, 906);
    answers(scene, &other, DNS_AA, RECORDS("mail.example.com. 300 IN A 1.2.3.4"), 910);
    fails(scene, &client, -1, 10000);
    assert_cause(only_incident(scene), "timeout.intermittent");
}

static void a_forwarder_is_recognised_by_rd(void **state)
{
    static const struct answer_case cases[] = {
        {RCODE_REFUSED, NULL, "forwarder.refused"},
        {RCODE_SERVFAIL, NULL, "forwarder.servfail"},
        {RCODE_FORMERR, NULL, "forwarder.invalid-response"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene *scene = scene_new(NULL);
        struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
        struct ask it = ask(scene, RESOLVER, "8.8.8.8", "www.example.com", TYPE_A, DNS_RD, 1);

        answers(scene, &it, (uint16_t)(DNS_RA | cases[i].flags), NULL, 20);
        fails(scene, &client, -1, 25);
        assert_cause(only_incident(scene), cases[i].cause);
        assert_true(blames(&scene->incidents[0], "8.8.8.8"));
        assert_int_equal(scene->incidents[0].zone.size_bytes, 0);
        scene_free(scene);
    }
}

static void a_silent_forwarder_is_down_and_a_late_one_slow(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask it;

    ask(scene, RESOLVER, "8.8.8.8", "www.example.com", TYPE_A, DNS_RD, 1);
    fails(scene, &client, -1, 5000);
    client = client_asks(scene, "www.example.org", TYPE_A, 20000);
    it = ask(scene, RESOLVER, "8.8.8.8", "www.example.org", TYPE_A, DNS_RD, 20001);
    fails(scene, &client, -1, 24000);
    answers(scene, &it, DNS_RA, RECORDS("www.example.org. 300 IN A 1.2.3.4"), 26000);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    assert_cause(&scene->incidents[0], "forwarder.down");
    assert_cause(&scene->incidents[1], "forwarder.slow");
}

static void a_forwarders_failure_that_is_passed_on_at_once_was_waited_for(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask it = ask(scene, RESOLVER, "8.8.8.8", "www.example.com", TYPE_A, DNS_RD, 1);

    ask(scene, RESOLVER, "8.8.8.8", "www.example.com", TYPE_A, DNS_RD, 3500);
    answers(scene, &it, DNS_RA | RCODE_SERVFAIL, NULL, 4690);
    fails(scene, &client, -1, 4691);
    assert_cause(only_incident(scene), "forwarder.servfail");
}

static void a_failure_answered_from_memory_names_its_origin(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), again;

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    fails(scene, &client, -1, 3000);
    again = client_asks(scene, "www.example.com", TYPE_A, 3500);
    fails(scene, &again, -1, 3501);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    assert_cause(&scene->incidents[0], "unreachable.no-response");
    assert_cause(&scene->incidents[1], "cached.failure");
    assert_true(scene->incidents[1].origin == scene->incidents[0].identity);
    assert_true(scene->incidents[1].outage == scene->incidents[0].outage);
    assert_zone(&scene->incidents[1], "example.com.");
}

/* What it failed of before is not known: before the capture. */
static void a_failure_without_a_reason_does_not_hide_the_zones(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), other;

    fails(scene, &client, -1, 1);
    other = client_asks(scene, "mail.example.com", TYPE_A, 1000);
    walks_to_example(scene, "mail.example.com", 1001);
    asks(scene, NS1, "mail.example.com", TYPE_A, 1020);
    asks(scene, NS2, "mail.example.com", TYPE_A, 1820);
    fails(scene, &other, -1, 4000);
    client = client_asks(scene, "www.example.com", TYPE_A, 70000);
    fails(scene, &client, -1, 70001);
    scene_end(scene);
    assert_cause(&scene->incidents[0], "unattributed.capture-start");
    assert_cause(&scene->incidents[2], "cached.failure");
    assert_true(scene->incidents[2].origin == scene->incidents[1].identity);
}

/* Nobody waits for the first name, so that nobody is told that it failed. */
static void asks_dead_servers(struct scene *scene)
{
    client_asks(scene, "www.example.com", TYPE_A, 0);
    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    asks(scene, NS1, "www.example.com", TYPE_A, 2000);
    asks(scene, NS2, "www.example.com", TYPE_A, 4000);
}

static void another_name_fails_of_servers_held_dead(void **state)
{
    struct scene *scene = *state;
    const struct incident *incident;
    struct ask client;

    asks_dead_servers(scene);
    client = client_asks(scene, "mail.example.com", TYPE_A, 100000);
    fails(scene, &client, -1, 100001);
    incident = only_incident(scene);
    assert_cause(incident, "cached.failure");
    assert_int_equal(incident->confidence, CONFIDENCE_LIKELY);
    assert_zone(incident, "example.com.");
    assert_true(blames(incident, NS1) && blames(incident, NS2));
    assert_int_equal(incident->contributing_count, 1);
    assert_int_equal(incident->contributing[0].cause, CAUSE_UNREACHABLE_NO_RESPONSE);
}

/* What addresses they have was told when another zone was delegated. */
static void servers_held_dead_may_be_known_by_another_zones_glue(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    client_asks(scene, "www.example.com", TYPE_A, 0);
    it = asks(scene, TLD, "www.example.com", TYPE_A, 1);
    refers(scene, &it, RECORDS("auth example.com. 300 IN NS ns1.hoster.net."), 5);
    it = asks(scene, TLD, "ns1.hoster.net", TYPE_A, 6);
    refers(
        scene, &it,
        RECORDS("auth hoster.net. 300 IN NS ns1.hoster.net.", "add ns1.hoster.net. 300 IN A " NS1),
        10);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS1, "www.example.com", TYPE_A, 4000);
    client = client_asks(scene, "mail.example.com", TYPE_A, 100000);
    fails(scene, &client, -1, 100001);
    assert_cause(only_incident(scene), "cached.failure");
    assert_true(blames(&scene->incidents[0], NS1));
}

static void servers_held_dead_may_have_been_rejected(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), server;

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 6; i++) {
        server = asks(scene, i % 2 ? NS2 : NS1, "www.example.com", TYPE_A, 20 + i * 1000);
        rejects(scene, &server, 3, 512, 21 + i * 1000);
    }
    client = client_asks(scene, "mail.example.com", TYPE_A, 100000);
    fails(scene, &client, -1, 100001);
    assert_cause(only_incident(scene), "cached.failure");
    assert_int_equal(scene->incidents[0].contributing[0].cause, CAUSE_UNREACHABLE_ICMP);
}

static void a_server_that_answers_is_not_held_dead(void **state)
{
    struct scene *scene = *state;
    struct ask server, client;

    asks_dead_servers(scene);
    server = asks(scene, NS2, "other.example.com", TYPE_A, 20000);
    answers(scene, &server, DNS_AA, RECORDS("other.example.com. 300 IN A 1.2.3.4"), 20005);
    client = client_asks(scene, "mail.example.com", TYPE_A, 100000);
    fails(scene, &client, -1, 100001);
    assert_cause(only_incident(scene), "resolver.no-upstream");
}

static void death_is_forgotten(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    asks_dead_servers(scene);
    client = client_asks(scene, "mail.example.com", TYPE_A, 1000000);
    fails(scene, &client, -1, 1000001);
    assert_cause(only_incident(scene), "resolver.no-upstream");
}

/* Whose zone they are of was told before the capture, and so was that they are dead. */
static void another_name_may_fail_of_dead_servers_whose_zone_was_not_seen(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.lighthouse.com", TYPE_A, 0);
    struct ask server = asks(scene, OTHER, "www.lighthouse.com", TYPE_A, 1);

    answers(scene, &server, DNS_AA, RECORDS("www.lighthouse.com. 300 IN A 1.2.3.4"), 5);
    answers(scene, &client, DNS_RA, RECORDS("www.lighthouse.com. 300 IN A 1.2.3.4"), 6);
    client = client_asks(scene, "www.example.com", TYPE_A, 950000);
    asks(scene, NS1, "www.example.com", TYPE_A, 950001);
    asks(scene, NS2, "www.example.com", TYPE_A, 952000);
    fails(scene, &client, -1, 955000);
    client = client_asks(scene, "mail.example.com", TYPE_A, 1000000);
    fails(scene, &client, -1, 1000001);
    client = client_asks(scene, "mail.other.com", TYPE_A, 1000010);
    fails(scene, &client, -1, 1000011);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_cause(&scene->incidents[0], "unreachable.no-response");
    assert_int_equal(scene->incidents[0].zone.size_bytes, 0);
    assert_cause(&scene->incidents[1], "unattributed.capture-start");
    assert_cause(&scene->incidents[2], "resolver.no-upstream");
}

static void clients_that_joined_a_fetch_carry_its_cause(void **state)
{
    struct scene *scene = *state;
    struct ask first = client_asks(scene, "www.example.com", TYPE_A, 0), second;

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    second = ask(scene, CLIENT2, RESOLVER, "www.example.com", TYPE_A, DNS_RD, 2900);
    fails(scene, &first, -1, 3000);
    fails(scene, &second, -1, 3000);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_cause(&scene->incidents[i], "unreachable.no-response");
        assert_int_equal(scene->incidents[i].server_count, 2);
    }
}

static void nothing_sent_is_the_resolvers_own_failure(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 1000000);
    fails(scene, &client, -1, 1000001);
    assert_cause(only_incident(scene), "resolver.no-upstream");
}

/* Servers are held for dead longer than names, which no packet of a young capture may show. */
static void nothing_sent_for_a_zone_not_seen_yet_may_be_old_memory(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 100000);
    fails(scene, &client, -1, 100001);
    assert_cause(only_incident(scene), "unattributed.capture-start");
}

static void nothing_sent_for_a_zone_that_answers_is_no_old_memory(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "mail.healthy.net", TYPE_A, 100000);
    fails(scene, &client, -1, 100001);
    assert_cause(only_incident(scene), "resolver.no-upstream");
}

static void nothing_sent_just_after_the_start_is_not_judged(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 1000);
    fails(scene, &client, -1, 1001);
    assert_cause(only_incident(scene), "unattributed.capture-start");
}

static void good_answers_clear_everybody_else(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask server;

    walks_to_example(scene, "www.example.com", 1);
    server = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &server, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 25);
    fails(scene, &client, -1, 26);
    assert_cause(only_incident(scene), "resolver.despite-answers");
}

static void servers_that_were_known_and_not_asked_are_told_of(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    fails(scene, &client, -1, 2000);
    assert_cause(only_incident(scene), "unattributed.no-evidence");
    assert_zone(&scene->incidents[0], "example.com.");
    assert_non_null(strstr(scene->incidents[0].explanation,
                           "the resolver knew of the servers of example.com. and asked none"));
}

/* The TLD came back too late for the resolver to go on to the zone's own servers. */
static void time_that_was_lost_above_leaves_none_for_the_zone(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "other.example.com", 1);
    asks(scene, TLD, "www.example.com", TYPE_A, 100);
    asks(scene, TLD, "www.example.com", TYPE_A, 3000);
    walks_to_example(scene, "www.example.com", 9990);
    fails(scene, &client, -1, 10000);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_zone(&scene->incidents[0], "com.");
    assert_int_equal(scene->incidents[0].confidence, CONFIDENCE_POSSIBLE);
}

static void ede_tells_bogus_from_despite_answers(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask server;

    walks_to_example(scene, "www.example.com", 1);
    server = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &server, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 25);
    fails(scene, &client, 6, 26);
    assert_cause(only_incident(scene), "dnssec.bogus");
    assert_int_equal(scene->incidents[0].ede[0].code, 6);
}

static void ede_of_validation_hides_no_other_where_it_does_not_count(void **state)
{
    static const uint8_t cached_error[] = {0, 15, 0, 2, 0, 13};
    struct scene *scene = *state;
    uint8_t wire[512];
    struct ask it;
    size_t size;

    warm_up(scene);
    it = ask(scene, CLIENT, RESOLVER, "www.example.com", TYPE_A, DNS_RD | DNS_CD, 100000);
    size = scene_message(wire, &it, DNS_QR | DNS_RD | DNS_RA | DNS_CD | RCODE_SERVFAIL, NULL, 6);
    memcpy(wire + size, cached_error, sizeof(cached_error));
    wire[size - 7] = 12; /* options */
    scene_udp(scene, it.to, 53, it.from, it.port, wire, size + sizeof(cached_error), 100001);
    assert_cause(only_incident(scene), "cached.failure");
    assert_int_equal(scene->incidents[0].ede_count, 2);
}

/* Somebody is answered under CD=1 by `unchecked`; then the question fails, answered well upstream.
 */
static const struct incident *fails_after_cd(struct scene *scene, const char *unchecked,
                                             bool validates, int64_t unchecked_ms)
{
    struct ask client =
        ask(scene, CLIENT, unchecked, "www.example.com", TYPE_A, DNS_RD | DNS_CD, unchecked_ms);
    struct ask server;

    walks_to_example(scene, "www.example.com", unchecked_ms + 1);
    server = asks(scene, NS1, "www.example.com", TYPE_A, unchecked_ms + 20);
    answers(scene, &server, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"),
            unchecked_ms + 25);
    answers(scene, &client, DNS_RA | DNS_CD, RECORDS("www.example.com. 300 IN A 1.2.3.4"),
            unchecked_ms + 26);
    client = client_asks(scene, "www.example.com", TYPE_A, 1000);
    server = asks(scene, NS1, "www.example.com", TYPE_A, 1001);
    answers(scene, &server, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 1005);
    if (validates) {
        server = asks(scene, NS1, "example.com", TYPE_DNSKEY, 1006);
        answers(scene, &server, DNS_AA, RECORDS("auth example.com. 300 IN SOA a. b. 1 2 3 4 5"),
                1008);
    }
    fails(scene, &client, -1, 1010);
    return only_incident(scene);
}

static void an_answer_under_cd_tells_that_it_was_validation(void **state)
{
    const struct incident *incident = fails_after_cd(*state, RESOLVER, true, 0);

    assert_cause(incident, "dnssec.bogus");
    assert_zone(incident, "example.com.");
}

static void an_answer_under_cd_tells_nothing_of_who_does_not_validate(void **state)
{
    assert_cause(fails_after_cd(*state, RESOLVER, false, 0), "resolver.despite-answers");
}

static void an_answer_under_cd_tells_nothing_of_other_resolvers(void **state)
{
    assert_cause(fails_after_cd(*state, "192.168.7.2", true, 0), "unattributed.no-evidence");
}

static void an_answer_under_cd_of_another_clock_tells_nothing(void **state)
{
    assert_cause(fails_after_cd(*state, RESOLVER, true, 3600000), "unattributed.no-evidence");
}

/* The same question in class CH. */
static struct ask client_asks_chaos(struct scene *scene, const char *qname, int64_t at_ms)
{
    struct ask it = {CLIENT2, RESOLVER, scene->next_port, (uint16_t)(scene->next_port * 7u), TYPE_A,
                     DNS_RD,  qname};
    uint8_t wire[512];
    size_t size = scene_message(wire, &it, DNS_RD, NULL, -1);

    scene->next_port++;
    scene_put16(wire + size - 2, 3);
    scene_udp(scene, it.from, it.port, it.to, 53, wire, size, at_ms);
    return it;
}

static void fails_chaos(struct scene *scene, const struct ask *it, int64_t at_ms)
{
    uint8_t wire[512];
    size_t size = scene_message(wire, it, DNS_QR | DNS_RD | DNS_RA | RCODE_SERVFAIL, NULL, -1);

    scene_put16(wire + size - 2, 3);
    scene_udp(scene, it->to, 53, it->from, it->port, wire, size, at_ms);
}

static void another_class_is_another_question(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask during = client_asks_chaos(scene, "www.example.com", 1), after, server;

    walks_to_example(scene, "www.example.com", 2);
    server = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &server, RCODE_REFUSED, NULL, 25);
    server = asks(scene, NS2, "www.example.com", TYPE_A, 30);
    answers(scene, &server, RCODE_REFUSED, NULL, 35);
    fails_chaos(scene, &during, 38);
    fails(scene, &client, -1, 40);
    after = client_asks_chaos(scene, "www.example.com", 3000);
    fails_chaos(scene, &after, 3001);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_cause(&scene->incidents[1], "lame.refused");
    for (unsigned i = 0; i < 3; i += 2) {
        assert_int_equal(scene->incidents[i].qclass, 3);
        assert_cause(&scene->incidents[i], "unattributed.capture-start"); /* none of its own */
        assert_int_equal(scene->incidents[i].origin, 0);
        assert_int_equal(scene->incidents[i].evidence_count, 0);
    }
}

static void aliases_that_close_a_loop_are_found(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "a.example.com", TYPE_A, 0);
    struct ask it;

    walks_to_example(scene, "a.example.com", 1);
    it = asks(scene, NS1, "a.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA, RECORDS("a.example.com. 300 IN CNAME b.example.com."), 25);
    it = asks(scene, NS1, "b.example.com", TYPE_A, 30);
    answers(scene, &it, DNS_AA, RECORDS("b.example.com. 300 IN CNAME a.example.com."), 35);
    fails(scene, &client, -1, 40);
    assert_cause(only_incident(scene), "zone.cname-loop");
    assert_zone(&scene->incidents[0], "example.com.");
}

static void the_zone_behind_an_alias_is_blamed(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "a.example.com", TYPE_A, 0);
    struct ask it;

    walks_to_example(scene, "a.example.com", 1);
    it = asks(scene, NS1, "a.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA, RECORDS("a.example.com. 300 IN CNAME www.broken.com."), 25);
    it = asks(scene, TLD, "www.broken.com", TYPE_A, 30);
    refers(
        scene, &it,
        RECORDS("auth broken.com. 300 IN NS ns.broken.com.", "add ns.broken.com. 300 IN A " OTHER),
        35);
    asks(scene, OTHER, "www.broken.com", TYPE_A, 40);
    asks(scene, OTHER, "www.broken.com", TYPE_A, 840);
    fails(scene, &client, -1, 3000);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_zone(&scene->incidents[0], "broken.com.");
    assert_true(blames(&scene->incidents[0], OTHER));
}

static void nameserver_names_that_do_not_exist_are_found(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask it = asks(scene, TLD, "www.example.com", TYPE_A, 1);

    refers(scene, &it, RECORDS("auth example.com. 300 IN NS ns.nowhere.net."), 5);
    for (int i = 0; i < 2; i++) {
        it = asks(scene, TLD, "ns.nowhere.net", i ? TYPE_AAAA : TYPE_A, 10 + i);
        answers(scene, &it, DNS_AA | RCODE_NXDOMAIN,
                RECORDS("auth net. 300 IN SOA a. b. 1 2 3 4 5"), 15 + i);
    }
    fails(scene, &client, -1, 20);
    assert_cause(only_incident(scene), "zone.nameserver-unresolvable");
    assert_zone(&scene->incidents[0], "example.com.");
}

/* unbound asks for A on the way down, and for nothing more where the name does not exist. */
static void a_name_that_does_not_exist_does_not_for_any_type(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;
    const struct incident *incident = &scene->incidents[0];

    warm_up(scene);
    client = client_asks(scene, "new.example.com", TYPE_AAAA, 100000);
    it = asks(scene, NS1, "new.example.com", TYPE_A, 100001);
    answers(scene, &it, DNS_AA | RCODE_NXDOMAIN,
            RECORDS("auth example.com. 300 IN SOA a. b. 1 2 3 4 5"), 100005);
    fails(scene, &client, -1, 100010);
    assert_cause(only_incident(scene), "resolver.despite-answers");
    assert_int_equal(incident->evidence_count, 1);
    assert_int_equal(incident->evidence[0].qtype, TYPE_A);
}

static void nameservers_in_a_dead_zone_put_the_blame_on_that_zone(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask it = asks(scene, TLD, "www.example.com", TYPE_A, 1);

    refers(scene, &it, RECORDS("auth example.com. 300 IN NS ns.hoster.net."), 5);
    it = asks(scene, TLD, "ns.hoster.net", TYPE_A, 10);
    refers(scene, &it,
           RECORDS("auth hoster.net. 300 IN NS ns1.hoster.net.",
                   "add ns1.hoster.net. 300 IN A " OTHER),
           15);
    asks(scene, OTHER, "ns.hoster.net", TYPE_A, 20);
    asks(scene, OTHER, "ns.hoster.net", TYPE_A, 820);
    fails(scene, &client, -1, 4000);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_zone(&scene->incidents[0], "hoster.net.");
}

static void glue_that_cannot_work_is_evidence_enough(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask it = asks(scene, TLD, "www.example.com", TYPE_A, 1);

    refers(scene, &it,
           RECORDS("auth example.com. 300 IN NS ns1.example.com.",
                   "add ns1.example.com. 300 IN A 127.0.0.1"),
           5);
    fails(scene, &client, -1, 6);
    assert_cause(only_incident(scene), "unreachable.bad-address");
    assert_true(blames(&scene->incidents[0], "127.0.0.1"));
}

/* Clients and resolver have private addresses, as they may: the Internet's servers must not. */
static void private_glue_cannot_work_though_the_resolver_is_asked_at_such_an_address(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    scene->egress = EGRESS;
    for (int i = 0; i < 3; i++) {
        char name[32];

        snprintf(name, sizeof(name), "www%d.example.org", i);
        client = client_asks(scene, name, TYPE_A, i);
        it = asks(scene, OTHER, name, TYPE_A, i);
        answers(scene, &it, DNS_AA, RECORDS("example.org. 300 IN A 9.9.9.9"), i);
        answers(scene, &client, DNS_RA, RECORDS("example.org. 300 IN A 9.9.9.9"), i);
    }
    client = client_asks(scene, "www.example.com", TYPE_A, 100);
    it = asks(scene, TLD, "www.example.com", TYPE_A, 101);
    refers(scene, &it,
           RECORDS("auth example.com. 300 IN NS ns1.example.com.",
                   "add ns1.example.com. 300 IN A 192.168.99.1"),
           105);
    asks(scene, "192.168.99.1", "www.example.com", TYPE_A, 106);
    fails(scene, &client, -1, 4000);
    assert_cause(only_incident(scene), "unreachable.bad-address");
    assert_true(blames(&scene->incidents[0], "192.168.99.1"));
}

static void zones_that_need_each_others_nameservers_are_a_loop(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.one.com", TYPE_A, 0);
    struct ask it = asks(scene, TLD, "www.one.com", TYPE_A, 1);

    refers(scene, &it, RECORDS("auth one.com. 300 IN NS ns.two.com."), 5);
    it = asks(scene, TLD, "ns.two.com", TYPE_A, 6);
    refers(scene, &it, RECORDS("auth two.com. 300 IN NS ns.one.com."), 10);
    it = asks(scene, TLD, "ns.one.com", TYPE_A, 11);
    refers(scene, &it, RECORDS("auth one.com. 300 IN NS ns.two.com."), 15);
    fails(scene, &client, -1, 20);
    assert_cause(only_incident(scene), "zone.delegation-loop");
}

/* The resolver knew the zone's servers before the capture began. Of who delegates it, it would have
 * looked for their addresses. */
static void servers_that_refer_to_their_own_zone_are_no_loop(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.one.com", TYPE_A, 0), it;

    for (int i = 0; i < 2; i++) {
        it = asks(scene, i ? NS2 : NS1, "www.one.com", TYPE_A, 1 + 5 * i);
        refers(
            scene, &it,
            RECORDS("auth one.com. 300 IN NS ns1.one.com.", "auth one.com. 300 IN NS ns2.one.com."),
            4 + 5 * i);
    }
    fails(scene, &client, -1, 12);
    assert_cause(only_incident(scene), "lame.not-authoritative");
    assert_zone(&scene->incidents[0], "one.com.");
    assert_true(blames(&scene->incidents[0], NS1) && blames(&scene->incidents[0], NS2));
}

static void a_zone_without_its_delegation_is_told_by_what_its_servers_are_asked_for(void **state)
{
    static const char *const names[] = {"www.one.com", "mail.one.com", "ftp.one.com"};
    struct scene *scene = *state;

    warm_up(scene);
    for (int i = 0; i < 3; i++) {
        struct ask client = client_asks(scene, names[i], TYPE_A, 30000 * (i + 1)), it;

        for (int server = 0; server < 2; server++) {
            it = asks(scene, server ? NS2 : NS1, names[i], TYPE_A, 30000 * (i + 1) + 1 + server);
            answers(scene, &it, RCODE_REFUSED, NULL, 30000 * (i + 1) + 10 + server);
        }
        fails(scene, &client, -1, 30000 * (i + 1) + 20);
    }
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_int_equal(scene->incidents[0].zone.size_bytes, 0);
    assert_zone(&scene->incidents[1], "one.com.");
    assert_cause(&scene->incidents[2], "lame.refused");
    assert_zone(&scene->incidents[2], "one.com.");
}

static void a_delegation_without_glue_into_itself_is_a_loop(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.one.com", TYPE_A, 0), it;
    static const char *const questions[] = {"www.one.com", "ns1.one.com", "www.one.com"};

    for (int i = 0; i < 3; i++) {
        it = asks(scene, i == 2 ? OTHER : TLD, questions[i], TYPE_A, 1 + 5 * i);
        refers(scene, &it, RECORDS("auth one.com. 300 IN NS ns1.one.com."), 4 + 5 * i);
    }
    fails(scene, &client, -1, 20);
    assert_cause(only_incident(scene), "zone.delegation-loop");
}

static void a_response_with_another_id_is_a_mismatch(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 2; i++) {
        struct ask it = asks(scene, i ? NS2 : NS1, "www.example.com", TYPE_A, 20 + 800 * i);

        it.id++;
        answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 25 + 800 * i);
    }
    fails(scene, &client, -1, 3000);
    assert_cause(only_incident(scene), "network.response-mismatch");
}

/* 0x20: what does not echo the question's case may be forged, before or behind the true answer. */
static void an_answer_in_the_wrong_case_counts_only_where_no_other_comes(void **state)
{
    static const struct {
        bool wrong_before, right, wrong_behind;
        const char *cause;
    } rows[] = {
        {true, false, false, "network.response-mismatch"},
        {true, true, false, "lame.refused"},
        {false, true, true, "lame.refused"},
        {true, true, true, "lame.refused"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene *scene = scene_new(NULL);
        struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

        walks_to_example(scene, "www.example.com", 1);
        for (int server = 0; server < 2; server++) {
            int64_t at_ms = 20 + 100 * server;
            struct ask right = asks(scene, server ? NS2 : NS1, "wWw.eXaMple.com", TYPE_A, at_ms);
            struct ask wrong = right;

            wrong.qname = "www.example.com";
            if (rows[i].wrong_before)
                answers(scene, &wrong, DNS_AA,
                        RECORDS("www.example.com. 300 IN CNAME gone.example.net."), at_ms + 1);
            if (rows[i].right)
                answers(scene, &right, RCODE_REFUSED, NULL, at_ms + 2);
            if (rows[i].wrong_behind)
                answers(scene, &wrong, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"),
                        at_ms + 3);
        }
        fails(scene, &client, -1, 3000);
        assert_cause(only_incident(scene), rows[i].cause);
        scene_free(scene);
    }
}

static void a_dead_ipv6_does_not_outvote_ipv4(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask root = asks(scene, ROOT, "www.example.com", TYPE_A, 1), it;

    refers(scene, &root,
           RECORDS("auth example.com. 300 IN NS ns1.example.com.",
                   "add ns1.example.com. 300 IN A " NS1,
                   "add ns1.example.com. 300 IN AAAA 2a00:1::1",
                   "add ns1.example.com. 300 IN AAAA 2a00:1::2"),
           5);
    asks(scene, "2a00:1::1", "www.example.com", TYPE_A, 10);
    asks(scene, "2a00:1::2", "www.example.com", TYPE_A, 20);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 30);
    answers(scene, &it, RCODE_REFUSED, NULL, 35);
    fails(scene, &client, -1, 3000);
    assert_cause(only_incident(scene), "lame.refused");
    assert_int_equal(scene->incidents[0].server_count, 1);
}

/* Servers with IPv6 alone do not answer. That the resolver has no IPv6 shows at others. */
static void fails_over_ipv6(struct scene *scene, bool others, const char *cause)
{
    struct ask clients[2];

    warm_up(scene);
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "mail.example.com" : "www.example.com";

        clients[i] = client_asks(scene, name, TYPE_A, 1000 + 10 * i);
        asks(scene, i ? "2a00:1::2" : "2a00:1::1", name, TYPE_A, 1002 + 10 * i);
    }
    if (others)
        asks(scene, "2a00:77::1", "www.elsewhere.org", TYPE_A, 1030);
    for (int i = 0; i < 2; i++)
        fails(scene, &clients[i], -1, 11000 + i);
    scene_end(scene);
    assert_cause(&scene->incidents[1], cause);
}

static void silence_over_ipv6_is_the_resolvers_where_others_are_silent_too(void **state)
{
    fails_over_ipv6(*state, true, "unreachable.bad-address");
}

static void silence_over_ipv6_of_one_zone_alone_is_the_zones(void **state)
{
    fails_over_ipv6(*state, false, "unreachable.no-response");
}

static void everybody_silent_is_a_blocked_egress(void **state)
{
    struct scene *scene = *state;
    static const char *const names[] = {"www.a.com", "www.b.net", "www.c.org"};
    struct ask clients[3];

    warm_up(scene);
    for (int i = 0; i < 3; i++) {
        clients[i] = client_asks(scene, names[i], TYPE_A, 1000 + i);
        asks(scene, i == 0 ? NS1 : i == 1 ? NS2 : OTHER, names[i], TYPE_A, 1002 + i);
    }
    for (int i = 0; i < 3; i++)
        fails(scene, &clients[i], -1, 11000 + i);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_cause(&scene->incidents[2], "unreachable.egress-blocked");
}

static void expect_of_rejections(struct scene *scene, uint8_t code, const char *cause)
{
    static const char *const names[] = {"www.a.com", "www.b.net", "www.c.org"};
    struct ask clients[3], it;

    warm_up(scene);
    for (int i = 0; i < 3; i++) {
        clients[i] = client_asks(scene, names[i], TYPE_A, 1000 + i);
        it = asks(scene, i == 0 ? NS1 : i == 1 ? NS2 : OTHER, names[i], TYPE_A, 1010 + i);
        rejects(scene, &it, code, 512, 1020 + i);
    }
    for (int i = 0; i < 3; i++)
        fails(scene, &clients[i], -1, 1040 + i);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_cause(&scene->incidents[2], cause);
}

static void everything_prohibited_is_a_blocked_egress(void **state)
{
    expect_of_rejections(*state, 13, "unreachable.egress-blocked");
}

static void closed_ports_are_no_blocked_egress(void **state)
{
    expect_of_rejections(*state, 3, "unreachable.icmp");
}

/* Two parties of dead servers are no blocked egress: what the resolver asks after them, as it does
 * for the root's servers now and then, is answered at once. */
static void what_is_answered_was_not_asked_in_vain(void **state)
{
    static const char *const names[] = {"www.a.com", "www.b.net"};
    struct scene *scene = *state;
    struct ask clients[2], it;

    warm_up(scene);
    for (int i = 0; i < 2; i++) {
        clients[i] = client_asks(scene, names[i], TYPE_A, 1000 + i);
        asks(scene, NS1, names[i], TYPE_A, 1002 + i);
        asks(scene, NS2, names[i], TYPE_A, 2002 + i);
    }
    for (int i = 0; i < 2; i++)
        fails(scene, &clients[i], -1, 11000 + i);
    it = asks(scene, ROOT, "www.c.org", TYPE_A, 12000);
    answers(scene, &it, RCODE_REFUSED, NULL, 12001);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    for (int i = 0; i < 2; i++)
        assert_cause(&scene->incidents[i], "unreachable.no-response");
}

static void what_was_not_answered_well_is_not_said_to_have_been(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    it = asks(scene, NS2, "www.example.com", TYPE_A, 420);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 425);
    fails(scene, &client, -1, 430);
    assert_cause(only_incident(scene), "resolver.despite-answers");
    assert_non_null(
        strstr(scene->incidents[0].explanation, " 3 of its 4 upstream queries were answered well"));
}

static void names_in_flight_at_the_same_time_are_not_mixed_up(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask it;

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 50; i++) {
        static char names[50][32];

        snprintf(names[i], sizeof(names[i]), "host%d.healthy.net", i);
        it = asks(scene, "9.5.5.5", names[i], TYPE_A, 20 + i);
        answers(scene, &it, RCODE_REFUSED, NULL, 22 + i);
    }
    asks(scene, NS1, "www.example.com", TYPE_A, 90);
    asks(scene, NS2, "www.example.com", TYPE_A, 890);
    fails(scene, &client, -1, 3000);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_int_equal(scene->incidents[0].evidence_count, 4);
}

static void a_chain_of_resolvers_gives_one_incident_each_and_an_origin(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask forwarded =
        ask(scene, RESOLVER, "192.168.8.1", "www.example.com", TYPE_A, DNS_RD, 1);
    struct ask upstream = ask(scene, "192.168.8.1", NS1, "www.example.com", TYPE_A, 0, 2);

    answers(scene, &upstream, RCODE_REFUSED, NULL, 5);
    fails(scene, &forwarded, -1, 6);
    fails(scene, &client, -1, 7);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    assert_cause(&scene->incidents[0], "lame.refused");
    assert_true(scene->incidents[0].client_is_resolver);
    assert_cause(&scene->incidents[1], "forwarder.servfail");
    assert_true(scene->incidents[1].origin == scene->incidents[0].identity);
}

static void the_last_of_a_chains_failures_is_the_origin(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), forwarded, upstream;

    for (int64_t at_ms = 1; at_ms < 300; at_ms += 100) {
        forwarded = ask(scene, RESOLVER, "192.168.8.1", "www.example.com", TYPE_A, DNS_RD, at_ms);
        upstream = ask(scene, "192.168.8.1", NS1, "www.example.com", TYPE_A, 0, at_ms + 1);
        answers(scene, &upstream, RCODE_REFUSED, NULL, at_ms + 5);
        fails(scene, &forwarded, -1, at_ms + 6);
    }
    fails(scene, &client, -1, 300);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 4);
    assert_cause(&scene->incidents[3], "forwarder.servfail");
    assert_true(scene->incidents[3].origin == scene->incidents[2].identity);
}

static void time_lost_on_a_zone_is_found_although_a_forwarder_cost_some_too(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 1000);
    ask(scene, RESOLVER, "8.8.8.8", "www.example.com", TYPE_A, DNS_RD, 1001);
    walks_to_example(scene, "www.example.com", 2000);
    asks(scene, NS1, "www.example.com", TYPE_A, 2020);
    it = asks(scene, NS2, "www.example.com", TYPE_A, 4000);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 4005);
    fails(scene, &client, -1, 4006);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_zone(&scene->incidents[0], "example.com.");
    assert_int_equal(scene->incidents[0].confidence, CONFIDENCE_POSSIBLE);
}

static void a_public_forwarder_is_not_watched(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    scene->egress = EGRESS; /* it asks from another address than it serves on */
    client = client_asks(scene, "www.example.com", TYPE_A, 0);
    it = ask(scene, EGRESS, "8.8.8.8", "www.example.com", TYPE_A, DNS_RD, 1);
    answers(scene, &it, DNS_RA | RCODE_SERVFAIL, NULL, 20);
    fails(scene, &client, -1, 21);
    assert_cause(only_incident(scene), "forwarder.servfail");
    assert_int_equal(scene->incidents[0].origin, 0);
}

static void an_egress_of_another_address_is_learned(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    scene->egress = EGRESS;
    client = client_asks(scene, "www.example.com", TYPE_A, 0);
    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    fails(scene, &client, -1, 10000);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

/* A resolver with two addresses: what one client asks here another often asks there. */
/* Strangers ask as resolvers do, from addresses before all others: anybody can. */
static void strangers_that_iterate_do_not_displace_the_egress(void **state)
{
    (void)state;
    for (int separate = 0; separate < 2; separate++) {
        struct scene *scene = scene_new(NULL);
        struct ask client, server;
        char stranger[24];

        scene->egress = separate ? EGRESS : RESOLVER;
        warm_up(scene);
        for (int i = 0; i < 60; i++) {
            snprintf(stranger, sizeof(stranger), "4.0.0.%d", i);
            ask(scene, stranger, i % 2 ? RESOLVER : ROOT, "www.example.org", TYPE_A, 0, 100 + i);
        }
        client = client_asks(scene, "www.example.com", TYPE_A, 1000);
        walks_to_example(scene, "www.example.com", 1001);
        server = asks(scene, NS1, "www.example.com", TYPE_A, 1020);
        answers(scene, &server, RCODE_REFUSED, NULL, 1025);
        fails(scene, &client, -1, 1030);
        assert_cause(only_incident(scene), "lame.refused");
        assert_true(blames(&scene->incidents[0], NS1));
        scene_free(scene);
    }
}

static const struct incident *fails_refused_by_tld(struct scene *scene, uint16_t flags)
{
    struct ask client, it;

    walks_to_example(scene, "www.example.com", 1);
    client = client_asks(scene, "www.other.com", TYPE_A, 1000);
    it = asks(scene, TLD, "www.other.com", TYPE_A, 1001);
    answers(scene, &it, flags | RCODE_REFUSED, NULL, 1005);
    fails(scene, &client, -1, 1006);
    return only_incident(scene);
}

static void a_top_level_domain_that_seems_to_recurse_is_somebody_else(void **state)
{
    assert_cause(fails_refused_by_tld(*state, DNS_RA), "network.intercepted");
}

static void a_top_level_domain_that_refuses_is_lame(void **state)
{
    assert_cause(fails_refused_by_tld(*state, 0), "lame.refused");
}

/* As a resolver does that asks in circles. */
static void what_was_asked_after_the_failure_hides_nothing(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), server;

    walks_to_example(scene, "www.example.com", 1);
    server = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &server, RCODE_REFUSED, NULL, 25);
    fails(scene, &client, -1, 30);
    for (int i = 0; i < 3000; i++) {
        server = asks(scene, NS1, "www.example.com", TYPE_A, 40 + i / 3);
        answers(scene, &server, RCODE_REFUSED, NULL, 41 + i / 3);
    }
    assert_cause(only_incident(scene), "lame.refused");
    assert_zone(&scene->incidents[0], "example.com.");
}

/* A nameserver that primes in vain, say. What the resolver passes on and to whom is to be seen. */
static void strangers_that_iterate_do_not_work_for_a_forwarding_resolver(void **state)
{
    static const char *const names[] = {"www.example.org", "www.example.net", "www.example.com"};
    struct scene *scene = *state;
    struct ask client, it;

    for (int i = 0; i < 3; i++) {
        ask(scene, EGRESS, ROOT, ".", TYPE_NS, 0, i * 100);
        ask(scene, EGRESS, ROOT, ".", TYPE_DNSKEY, 0, i * 100 + 1);
        client = client_asks(scene, names[i], TYPE_A, i * 100 + 2);
        it = ask(scene, RESOLVER, "8.8.8.8", names[i], TYPE_A, DNS_RD, i * 100 + 3);
        answers(scene, &it, DNS_RA | (i == 2 ? RCODE_SERVFAIL : RCODE_NXDOMAIN), NULL, i * 100 + 8);
        if (i < 2)
            answers(scene, &client, DNS_RA | RCODE_NXDOMAIN, NULL, i * 100 + 9);
    }
    fails(scene, &client, -1, 300);
    assert_cause(only_incident(scene), "forwarder.servfail");
    assert_int_equal(scene->incidents[0].contributing_count, 0);
}

static void clients_that_ask_what_others_ask_are_no_egresses(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    scene->egress = "198.18.0.1"; /* behind the clients in order of address */
    for (int i = 0; i < 40; i++) {
        struct ask first, second, it;
        char name[64], other[64];

        snprintf(name, sizeof(name), "host%d.healthy.net", i);
        snprintf(other, sizeof(other), "10.0.0.%d", 100 + i);
        first = client_asks(scene, name, TYPE_A, 10 * i);
        it = asks(scene, "9.5.5.5", name, TYPE_A, 10 * i + 1);
        second = ask(scene, other, "192.168.8.1", name, TYPE_A, DNS_RD, 10 * i + 2);
        answers(scene, &it, DNS_AA, RECORDS("healthy.net. 300 IN A 1.2.3.4"), 10 * i + 3);
        answers(scene, &first, DNS_RA, RECORDS("healthy.net. 300 IN A 1.2.3.4"), 10 * i + 4);
        answers(scene, &second, DNS_RA, RECORDS("healthy.net. 300 IN A 1.2.3.4"), 10 * i + 5);
    }
    client = client_asks(scene, "www.example.com", TYPE_A, 1000);
    walks_to_example(scene, "www.example.com", 1001);
    asks(scene, NS1, "www.example.com", TYPE_A, 1020);
    asks(scene, NS2, "www.example.com", TYPE_A, 1820);
    fails(scene, &client, -1, 11000);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

/* One question is answered well, and so many others at once, without asking, not at all. */
static void fails_names_at_once(struct scene *scene, char letter, int names, int64_t at_ms)
{
    struct ask it = asks(scene, NS1, "good.example.com", TYPE_A, at_ms);

    answers(scene, &it, DNS_AA, RECORDS("good.example.com. 300 IN A 1.2.3.4"), at_ms + 5);
    for (int i = 0; i < names; i++) {
        struct ask client;
        char name[64];

        snprintf(name, sizeof(name), "%c%d.example.com", letter, i);
        client = client_asks(scene, name, TYPE_A, at_ms + 10 * i);
        fails(scene, &client, -1, at_ms + 10 * i + 1);
    }
}

static void names_that_fail_at_once_where_others_are_answered_meet_a_limit(void **state)
{
    struct scene *scene = *state;

    walks_to_example(scene, "www.example.com", 1);
    fails_names_at_once(scene, 'a', 10, 70000);
    fails_names_at_once(scene, 'b', 3, 80000);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 13);
    for (int i = 0; i < 10; i++) {
        assert_cause(&scene->incidents[i], "resolver.limit");
        assert_zone(&scene->incidents[i], "example.com.");
        assert_int_equal(scene->incidents[i].confidence, CONFIDENCE_POSSIBLE);
        assert_non_null(strstr(scene->incidents[i].explanation, "asked nobody for it"));
        assert_non_null(strstr(scene->incidents[i].advice[0], "fetches-per-zone"));
    }
    for (int i = 10; i < 13; i++)
        assert_cause(&scene->incidents[i], "resolver.no-upstream");
}

/* What it failed at another one did. Then that one was asked for keys, and is slow. */
static void a_dead_forwarder_is_no_cause_where_another_answered(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it, late;
    const struct incident *incident;

    ask(scene, RESOLVER, "8.8.8.8", "www.example.com", TYPE_NS, DNS_RD, 1);
    it = ask(scene, RESOLVER, "9.9.9.9", "www.example.com", TYPE_NS, DNS_RD, 1000);
    answers(scene, &it, DNS_RA, RECORDS("auth example.com. 300 IN SOA ns1 host 1 2 3 4 5"), 1100);
    late = ask(scene, RESOLVER, "9.9.9.9", "com", LDNS_RR_TYPE_DS, DNS_RD, 1101);
    ask(scene, RESOLVER, "9.9.9.9", "com", LDNS_RR_TYPE_DNSKEY, DNS_RD, 1102);
    fails(scene, &client, -1, 9000);
    answers(scene, &late, DNS_RA, RECORDS("com. 300 IN DS 4711 13 2 00"), 9500);
    incident = only_incident(scene);
    assert_cause(incident, "forwarder.slow");
    assert_true(incident->server_count == 1 && blames(incident, "9.9.9.9"));
}

/* Of an egress that asks a dead forwarder again and again only the first try of a question counts.
 */
static void many_tries_do_not_make_an_egress_a_stranger(void **state)
{
    struct scene *scene = *state;

    scene->egress = EGRESS;
    for (int i = 0; i < 8; i++) {
        struct ask client;
        char name[64];

        snprintf(name, sizeof(name), "www.example%d.com", i);
        client = client_asks(scene, name, TYPE_A, 10000 * i);
        for (int try = 0; try < 30; try++)
            ask(scene, EGRESS, "8.8.8.8", name, TYPE_A, DNS_RD, 10000 * i + 1 + 100 * try);
        fails(scene, &client, -1, 10000 * i + 4000);
    }
    scene_end(scene);
    assert_int_equal(scene->incident_count, 8);
    for (int i = 0; i < 8; i++)
        assert_cause(&scene->incidents[i], "forwarder.down");
}

static void each_answered_retransmission_is_an_incident(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    scene->next_port = client.port; /* the same port and ID again */
    client_asks(scene, "www.example.com", TYPE_A, 2000);
    fails(scene, &client, -1, 3000);
    fails(scene, &client, -1, 3001);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    assert_true(scene->incidents[0].identity != scene->incidents[1].identity);
}

static void a_servfail_whose_query_was_not_seen_is_an_incident(void **state)
{
    struct scene *scene = *state;
    struct ask client = {CLIENT, RESOLVER, 4000, 77, TYPE_A, DNS_RD, "www.example.com"};

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    fails(scene, &client, -1, 3000);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_int_equal(scene->incidents[0].elapsed_ns, -1);
}

/* So many that what its clients ask is not looked at as what resolvers ask any more. */
static void serves_many(struct scene *scene, int64_t at_ms)
{
    for (int i = 0; i < 300; i++) {
        struct ask client = client_asks(scene, "www.healthy.net", TYPE_A, at_ms + i);

        answers(scene, &client, DNS_RA, RECORDS("www.healthy.net. 300 IN A 1.2.3.4"), at_ms + i);
    }
}

/* A stub that asks from one port and with one ID, or one that was forged for: of a new service and
 * of one that is well known. */
static void a_servfail_under_the_port_and_id_of_another_question_is_an_incident(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct scene *scene = scene_new(NULL);
        struct ask client, other;

        warm_up(scene);
        if (known)
            serves_many(scene, 100);
        client = client_asks(scene, "www.example.com", TYPE_A, 1000);
        other = client;
        other.qname = "www.example.org";
        fails(scene, &other, -1, 2000);
        fails(scene, &client, -1, 3000);
        scene_end(scene);
        assert_int_equal(scene->incident_count, 2);
        assert_int_equal(scene->incidents[0].elapsed_ns, -1);
        assert_int_equal(scene->incidents[1].elapsed_ns, 2000000000);
        scene_free(scene);
    }
}

static void a_clock_set_back_loses_no_incident(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 3600000);

    asks(scene, NS1, "www.example.com", TYPE_A, 3600020);
    fails(scene, &client, -1, 3603000);
    client = client_asks(scene, "www.example.org", TYPE_A, 0);
    asks(scene, NS1, "www.example.org", TYPE_A, 20);
    fails(scene, &client, -1, 3000);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    assert_cause(&scene->incidents[0], "unreachable.no-response");
    assert_cause(&scene->incidents[1], "unreachable.no-response");
}

/* The first packet of the new time is a SERVFAIL, which waits. */
static void what_waited_when_the_clock_was_set_back_does_not_wait_for_what_comes_then(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 3600000), it;

    it = asks(scene, NS1, "www.example.com", TYPE_A, 3600020);
    answers(scene, &it, RCODE_REFUSED, NULL, 3600025);
    fails(scene, &client, -1, 3600030);
    client = (struct ask){CLIENT, RESOLVER, 4000, 77, TYPE_A, DNS_RD, "www.example.org"};
    fails(scene, &client, -1, 0);
    assert_int_equal(scene->incident_count, 1);
    for (int i = 0; i < 20; i++)
        client_asks(scene, "www.example.net", TYPE_A, 1000 * i);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 2);
    assert_cause(&scene->incidents[0], "lame.refused");
}

static void asks_and_is_answered(struct scene *scene, const char *egress, const char *qname,
                                 uint16_t qtype, const char *const *records, int64_t at_ms)
{
    struct ask it = ask(scene, egress, ROOT, qname, qtype, 0, at_ms);

    answers(scene, &it, DNS_AA, records, at_ms + 1);
}

/* However many others said before it what they trust. */
static void a_resolver_that_trusts_no_key_of_the_root_has_a_stale_anchor(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    warm_up(scene);
    client = ask(scene, CLIENT2, "192.168.8.1", "www.other.net", TYPE_A, DNS_RD, 50);
    answers(scene, &client, DNS_RA, RECORDS("www.other.net. 300 IN A 1.2.3.4"), 51);
    for (int i = 0; i < 20; i++) {
        char egress[24];

        snprintf(egress, sizeof(egress), "5.6.0.%d", i);
        asks_and_is_answered(scene, egress, "_ta-a8e2", TYPE_A,
                             RECORDS("auth . 300 IN SOA a. b. 1 2 3 4 5"), 100 + 10 * i);
    }
    client = client_asks(scene, "www.example.com", TYPE_A, 2000);
    asks_and_is_answered(scene, RESOLVER, ".", TYPE_DNSKEY,
                         RECORDS(". 300 IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WS"), 2001);
    asks_and_is_answered(scene, RESOLVER, "_ta-4dcd", TYPE_A,
                         RECORDS("auth . 300 IN SOA a. b. 1 2 3 4 5"), 2003);
    walks_to_example(scene, "www.example.com", 2005);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 2030);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), 2035);
    fails(scene, &client, -1, 2040);
    assert_cause(only_incident(scene), "resolver.trust-anchor");
}

/* What they answered before the clock was set back lies in what is the future now. */
static void servers_that_died_when_the_clock_was_set_back_are_dead(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "a.example.com", TYPE_A, 3600000), it;

    walks_to_example(scene, "a.example.com", 3600001);
    for (int i = 0; i < 2; i++) {
        it = asks(scene, i == 0 ? NS1 : NS2, "a.example.com", TYPE_A, 3600020 + i);
        answers(scene, &it, DNS_AA, RECORDS("a.example.com. 300 IN A 1.2.3.4"), 3600030);
    }
    answers(scene, &client, DNS_RA, RECORDS("a.example.com. 300 IN A 1.2.3.4"), 3600031);
    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 200000);
    asks(scene, NS1, "www.example.com", TYPE_A, 200001);
    asks(scene, NS2, "www.example.com", TYPE_A, 200801);
    asks(scene, NS1, "www.example.com", TYPE_A, 201601);
    fails(scene, &client, -1, 210000);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

/* So does the last answer that the resolver itself got. */
static void a_resolver_that_was_cut_off_when_the_clock_was_set_back_is_found(void **state)
{
    static const char *const names[] = {"www.a.com", "www.b.net", "www.c.org"};
    struct scene *scene = *state;
    struct ask clients[3], it;

    clients[0] = client_asks(scene, "a.example.com", TYPE_A, 3600000);
    walks_to_example(scene, "a.example.com", 3600001);
    it = asks(scene, NS1, "a.example.com", TYPE_A, 3600020);
    answers(scene, &it, DNS_AA, RECORDS("a.example.com. 300 IN A 1.2.3.4"), 3600030);
    answers(scene, &clients[0], DNS_RA, RECORDS("a.example.com. 300 IN A 1.2.3.4"), 3600031);
    for (int i = 0; i < 3; i++) {
        clients[i] = client_asks(scene, names[i], TYPE_A, 1000 + i);
        asks(scene, i == 0 ? NS1 : i == 1 ? NS2 : OTHER, names[i], TYPE_A, 1002 + i);
    }
    for (int i = 0; i < 3; i++)
        fails(scene, &clients[i], -1, 11000 + i);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_cause(&scene->incidents[2], "unreachable.egress-blocked");
}

/* The same failure before and after, and then one from memory. */
static void failures_are_remembered_when_the_clock_was_set_back(void **state)
{
    static const int64_t begins_ms[] = {3600000, 1000};
    struct scene *scene = *state;
    struct ask client;

    for (int i = 0; i < 2; i++) {
        struct ask it;

        client = client_asks(scene, "www.example.com", TYPE_A, begins_ms[i]);
        walks_to_example(scene, "www.example.com", begins_ms[i] + 1);
        it = asks(scene, NS1, "www.example.com", TYPE_A, begins_ms[i] + 20);
        answers(scene, &it, RCODE_REFUSED, NULL, begins_ms[i] + 25);
        fails(scene, &client, -1, begins_ms[i] + 30);
    }
    client = client_asks(scene, "www.example.com", TYPE_A, 2000);
    fails(scene, &client, -1, 2001);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 3);
    assert_cause(&scene->incidents[1], "lame.refused");
    assert_cause(&scene->incidents[2], "cached.failure");
    assert_true(scene->incidents[2].origin == scene->incidents[1].identity);
    assert_true(scene->incidents[1].outage != scene->incidents[0].outage);
}

static void icmp_is_joined_to_the_query_whether_it_quotes_all_or_the_ports_alone(void **state)
{
    (void)state;
    for (size_t quoted = 0; quoted <= 512; quoted += 512) {
        struct scene *scene = scene_new(NULL);
        struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

        walks_to_example(scene, "www.example.com", 1);
        it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
        rejects(scene, &it, 3, quoted, 21);
        it = asks(scene, NS2, "www.example.com", TYPE_A, 30);
        rejects(scene, &it, 13, quoted, 31);
        fails(scene, &client, -1, 50);
        assert_cause(only_incident(scene), "unreachable.icmp");
        assert_int_equal(scene->incidents[0].server_count, 2);
        scene_free(scene);
    }
}

static void icmp_for_a_question_that_was_not_asked_changes_nothing(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    it.port++;
    rejects(scene, &it, 3, 512, 21);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    fails(scene, &client, -1, 10000);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

static void icmp_that_guessed_the_port_and_not_the_id_changes_nothing(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 2; i++) {
        it = asks(scene, i ? NS2 : NS1, "www.example.com", TYPE_A, 20 + 800 * i);
        it.id++;
        rejects(scene, &it, 3, 512, 21 + 800 * i);
    }
    fails(scene, &client, -1, 10000);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

static void an_answer_that_nobody_asked_for_changes_nothing(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    struct ask sent, forged;

    walks_to_example(scene, "www.example.com", 1);
    sent = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 820);
    forged = sent;
    forged.port++;
    answers(scene, &forged, RCODE_REFUSED, NULL, 900);
    fails(scene, &client, -1, 10000);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_int_equal(scene->incidents[0].server_count, 2);
}

/* kresd waits for TCP; asked again meanwhile it is answered, and then the first try fails. */
static void the_try_that_failed_may_be_older_than_the_one_that_was_answered(void **state)
{
    static const char address[] = "www.example.com. 300 IN A 1.2.3.4";
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA | DNS_TC, NULL, 25);
    for (int i = 0; i < 4; i++)
        scene_tcp(scene, RESOLVER, 33333, NS1, 53, TCP_FLAG_SYN, 26 + 1000 * i);
    scene->next_port = client.port; /* the same port and ID again */
    client_asks(scene, "www.example.com", TYPE_A, 5000);
    scene->next_port = 30000;
    it = asks(scene, NS2, "www.example.com", TYPE_A, 5010);
    answers(scene, &it, DNS_AA, RECORDS(address), 5015);
    answers(scene, &client, DNS_RA, RECORDS(address), 5016);
    fails(scene, &client, -1, 10030);
    assert_cause(only_incident(scene), "network.truncated-tcp-failed");
    assert_true(blames(&scene->incidents[0], NS1));
}

static void tcp_refused_after_truncation_is_the_networks(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    it = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    answers(scene, &it, DNS_AA | DNS_TC, NULL, 25);
    scene_tcp(scene, RESOLVER, 33333, NS1, 53, TCP_FLAG_SYN, 26);
    scene_tcp(scene, NS1, 53, RESOLVER, 33333, TCP_FLAG_RST, 27);
    fails(scene, &client, -1, 100);
    assert_cause(only_incident(scene), "network.truncated-tcp-failed");
    assert_string_equal(outcome_code(scene->incidents[0].servers[0].outcome),
                        "truncated-tcp-refused");
}

static void tcp_alone_that_fails_is_unreachable_over_tcp(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < 2; i++) {
        scene_tcp(scene, RESOLVER, (uint16_t)(33333 + i), i ? NS2 : NS1, 53, TCP_FLAG_SYN, 26 + i);
        scene_tcp(scene, i ? NS2 : NS1, 53, RESOLVER, (uint16_t)(33333 + i), TCP_FLAG_RST, 30 + i);
    }
    fails(scene, &client, -1, 100);
    assert_cause(only_incident(scene), "unreachable.tcp");
}

static void both_tell_the_soa(struct scene *scene, bool edns, int64_t at_ms)
{
    for (int i = 0; i < 2; i++) {
        const char *server = i ? NS2 : NS1;
        struct ask it = edns ? asks_with_edns(scene, server, "example.com", TYPE_SOA, at_ms)
                             : ask(scene, CLIENT2, server, "example.com", TYPE_SOA, 0, at_ms);

        answers(scene, &it, DNS_AA, RECORDS("example.com. 300 IN SOA a. b. 1 2 3 4 5"), at_ms + 5);
    }
}

static void silence_to_edns_and_answers_without_it_are_told_apart(void **state)
{
    enum { BEGIN_MS = 200000, NEVER_MS = -1 };
    /* When the servers answered others: before the try, with and without EDNS; or after it. */
    static const struct {
        int64_t edns_ms, plain_ms, plain_after_ms;
        const char *cause;
    } cases[] = {
        {NEVER_MS, NEVER_MS, BEGIN_MS + 900, "network.edns-blocked"},
        {NEVER_MS, BEGIN_MS - 30000, NEVER_MS, "network.edns-blocked"},
        {BEGIN_MS - 40000, BEGIN_MS - 30000, NEVER_MS, "unreachable.no-response"},
        {NEVER_MS, BEGIN_MS - 150000, NEVER_MS, "unreachable.no-response"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene *scene = scene_new(NULL);
        struct ask client;

        if (cases[i].edns_ms != NEVER_MS)
            both_tell_the_soa(scene, true, cases[i].edns_ms);
        if (cases[i].plain_ms != NEVER_MS)
            both_tell_the_soa(scene, false, cases[i].plain_ms);
        client = client_asks(scene, "www.example.com", TYPE_A, BEGIN_MS);
        walks_to_example(scene, "www.example.com", BEGIN_MS + 1);
        asks_with_edns(scene, NS1, "www.example.com", TYPE_A, BEGIN_MS + 20);
        asks_with_edns(scene, NS2, "www.example.com", TYPE_A, BEGIN_MS + 820);
        if (cases[i].plain_after_ms != NEVER_MS)
            both_tell_the_soa(scene, false, cases[i].plain_after_ms);
        fails(scene, &client, -1, BEGIN_MS + 10000);
        assert_cause(only_incident(scene), cases[i].cause);
        scene_free(scene);
    }
}

/* BADCOOKIE (RFC 7873 section 5.2.3): 7 in the header, 1 in the OPT record. */
static void answers_badcookie(struct scene *scene, const struct ask *it, int64_t at_ms)
{
    static const uint8_t opt[] = {0, 0, 41, 4, 0xd0, 1, 0, 0, 0, 0, 0};
    uint8_t wire[512];
    size_t size = scene_message(wire, it, DNS_QR | 7, NULL, -1);

    memcpy(wire + size, opt, sizeof(opt));
    wire[11] = 1;
    scene_udp(scene, it->to, 53, it->from, it->port, wire, size + sizeof(opt), at_ms);
}

static void what_a_server_bids_to_ask_again_is_judged_by_the_second_try(void **state)
{
    static const struct {
        bool cookie, again_with_edns;
        const char *cause;
    } cases[] = {
        {true, true, "timeout.intermittent"},
        {false, false, "timeout.intermittent"}, /* FORMERR, from who may not have EDNS */
        {false, true, "zone.invalid-response"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene *scene = scene_new(NULL);
        struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;
        const struct incident *incident;

        walks_to_example(scene, "www.example.com", 1);
        it = asks_with_edns(scene, NS1, "www.example.com", TYPE_A, 20);
        if (cases[i].cookie)
            answers_badcookie(scene, &it, 25);
        else
            answers(scene, &it, RCODE_FORMERR, NULL, 25);
        for (int64_t at_ms = 30; at_ms < 3000; at_ms += 800) {
            if (cases[i].again_with_edns)
                asks_with_edns(scene, NS1, "www.example.com", TYPE_A, at_ms);
            else
                asks(scene, NS1, "www.example.com", TYPE_A, at_ms);
        }
        fails(scene, &client, -1, 5000);
        incident = only_incident(scene);
        assert_cause(incident, cases[i].cause);
        assert_zone(incident, "example.com.");
        assert_true(blames(incident, NS1));
        assert_int_equal(incident->evidence_count, 7); /* the first try among them */
        scene_free(scene);
    }
}

static void recursive_answers_from_the_root_are_somebody_elses(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    it = asks(scene, ROOT, ".", TYPE_NS, 1);
    answers(scene, &it, DNS_RA, RECORDS(". 300 IN NS portal.invalid."), 2);
    it = asks(scene, ROOT, "www.example.com", TYPE_A, 3);
    answers(scene, &it, DNS_RA, RECORDS("www.example.com. 300 IN A 10.0.0.1"), 4);
    fails(scene, &client, -1, 10);
    assert_cause(only_incident(scene), "network.intercepted");
}

static void a_policy_is_told_by_the_resolvers_own_word(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "bad.example.com", TYPE_A, 1000);
    fails(scene, &client, 15, 1001);
    assert_cause(only_incident(scene), "resolver.policy");
}

static void where_the_upstream_side_is_hidden_the_resolvers_own_word_decides(void **state)
{
    static const struct {
        int ede;
        const char *cause;
    } cases[] = {
        {7, "dnssec.signature-expired"},
        {12, "dnssec.denial-invalid"},
        {25, "dnssec.signature-expired"},
        {27, "dnssec.denial-invalid"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene *scene = scene_new(NULL);
        struct ask client = client_asks(scene, "www.healthy.net", TYPE_A, 0);

        answers(scene, &client, DNS_RA, RECORDS("www.healthy.net. 300 IN A 1.2.3.4"), 1);
        client = client_asks(scene, "www.example.com", TYPE_A, 1000);
        fails(scene, &client, cases[i].ede, 1100);
        assert_cause(only_incident(scene), cases[i].cause);
        scene_free(scene);
    }
}

/* Unrelated names fail at once and without work, while another resolver answers `others` questions
 * for each. */
static void is_overloaded(struct scene *scene, int others)
{
    static const char *const names[] = {"www.a1.com", "www.b2.net", "www.c3.org",
                                        "www.d4.com", "www.e5.net", "www.f6.org",
                                        "www.g7.com", "www.h8.net", "www.i9.org"};

    warm_up(scene);
    for (int i = 0; i < 9; i++) {
        struct ask client = client_asks(scene, names[i], TYPE_A, 100000 + 10 * i);

        fails(scene, &client, -1, 100001 + 10 * i);
        for (int other = 0; other < others; other++) {
            client = ask(scene, CLIENT2, "192.168.7.2", "www.healthy.net", TYPE_A, DNS_RD,
                         100002 + 10 * i);
            answers(scene, &client, DNS_RA, RECORDS("www.healthy.net. 300 IN A 1.2.3.4"),
                    100003 + 10 * i);
        }
    }
    scene_end(scene);
    assert_int_equal(scene->incident_count, 9);
    assert_cause(&scene->incidents[4], "resolver.overload");
}

static void unrelated_names_failing_at_once_without_work_are_overload(void **state)
{
    is_overloaded(*state, 0);
}

static void the_overload_of_one_resolver_is_seen_beside_a_busy_one(void **state)
{
    is_overloaded(*state, 20);
}

static void a_very_long_chain_of_aliases_is_the_resolvers_limit(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "a0.example.com", TYPE_A, 0);

    walks_to_example(scene, "a0.example.com", 1);
    for (int i = 0; i < 12; i++) {
        static char names[13][32], record[64];
        struct ask it;

        snprintf(names[i], sizeof(names[i]), "a%d.example.com", i);
        it = asks(scene, NS1, names[i], TYPE_A, 20 + 2 * i);
        snprintf(record, sizeof(record), "a%d.example.com. 300 IN CNAME a%d.example.com.", i,
                 i + 1);
        answers(scene, &it, DNS_AA, RECORDS(record), 21 + 2 * i);
    }
    fails(scene, &client, -1, 60);
    assert_cause(only_incident(scene), "resolver.limit");
    assert_zone(&scene->incidents[0], "example.com.");
    assert_non_null(strstr(scene->incidents[0].explanation, " 14 upstream queries and 12 aliases"));
}

/* An alias's end, which fails although all was answered well; so many queries are a step to both
 * names. */
static const struct incident *asks_much(struct scene *scene, int queries)
{
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "www.example.com", 1);
    for (int i = 0; i < queries; i++) {
        it = asks(scene, i % 2 ? NS2 : NS1, "example.com", TYPE_NS, 20 + 2 * i);
        answers(scene, &it, DNS_AA, RECORDS("example.com. 300 IN NS ns1.example.com."), 21 + 2 * i);
    }
    it = asks(scene, NS1, "www.example.com", TYPE_A, 400);
    answers(scene, &it, DNS_AA, RECORDS("www.example.com. 300 IN CNAME mail.example.com."), 401);
    it = asks(scene, NS1, "mail.example.com", TYPE_A, 402);
    answers(scene, &it, DNS_AA, RECORDS("mail.example.com. 300 IN A 1.2.3.4"), 403);
    fails(scene, &client, -1, 410);
    return only_incident(scene);
}

static void very_many_queries_for_a_question_are_the_resolvers_limit(void **state)
{
    assert_cause(asks_much(*state, 50), "resolver.limit");
}

static void queries_that_several_names_share_make_no_limit(void **state)
{
    const struct incident *incident = asks_much(*state, 30);

    assert_cause(incident, "resolver.despite-answers");
    assert_non_null(strstr(incident->explanation, "all of its 34 upstream queries"));
}

/* Resolvers follow more aliases than most chains have: a longer one may have an end that fails. */
static void a_long_chain_of_aliases_whose_end_is_dead_is_not_the_resolvers_limit(void **state)
{
    static char names[10][32], target[32], record[96];
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "a0.example.com", TYPE_A, 0), it;

    walks_to_example(scene, "a0.example.com", 1);
    for (int i = 0; i < 10; i++) {
        snprintf(names[i], sizeof(names[i]), "a%d.example.com", i);
        it = asks(scene, NS1, names[i], TYPE_A, 20 + 2 * i);
        snprintf(target, sizeof(target), "a%d.example.com.", i + 1);
        snprintf(record, sizeof(record), "a%d.example.com. 300 IN CNAME %s", i,
                 i < 9 ? target : "www.broken.com.");
        answers(scene, &it, DNS_AA, RECORDS(record), 21 + 2 * i);
    }
    it = asks(scene, TLD, "www.broken.com", TYPE_A, 50);
    refers(
        scene, &it,
        RECORDS("auth broken.com. 300 IN NS ns.broken.com.", "add ns.broken.com. 300 IN A " OTHER),
        55);
    asks(scene, OTHER, "www.broken.com", TYPE_A, 60);
    asks(scene, OTHER, "www.broken.com", TYPE_A, 860);
    fails(scene, &client, -1, 4000);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_zone(&scene->incidents[0], "broken.com.");
}

static void traffic_to_port_853_is_said_to_be_encrypted(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 1000);
    scene_tcp(scene, RESOLVER, 40000, "1.1.1.1", 853, TCP_FLAG_SYN, 1001);
    fails(scene, &client, -1, 1500);
    assert_cause(only_incident(scene), "unattributed.encrypted-upstream");
}

static void a_capture_of_the_clients_side_alone_does_not_blame_the_resolver(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.healthy.net", TYPE_A, 0);

    answers(scene, &client, DNS_RA, RECORDS("www.healthy.net. 300 IN A 1.2.3.4"), 30);
    client = client_asks(scene, "www.example.com", TYPE_A, 100000);
    fails(scene, &client, -1, 103000);
    assert_cause(only_incident(scene), "unattributed.capture-loss");
}

/* The resolver's answers to its clients are there, those to itself are not. */
static void a_mirror_of_one_direction_blames_no_firewall(void **state)
{
    static const char *const names[] = {"www.example.com", "www.example.net", "www.example.org"};
    struct scene *scene = *state;
    struct ask client;

    for (int i = 0; i < 3; i++) {
        client = client_asks(scene, names[i], TYPE_A, i * 20000);
        asks(scene, ROOT, names[i], TYPE_A, i * 20000 + 1);
        asks(scene, TLD, names[i], TYPE_A, i * 20000 + 5);
        asks(scene, NS1, names[i], TYPE_A, i * 20000 + 10);
        if (i < 2)
            answers(scene, &client, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"),
                    i * 20000 + 20);
    }
    fails(scene, &client, -1, 50000);
    assert_cause(only_incident(scene), "unattributed.capture-loss");
}

static void the_counters_tell_the_clients_side_from_upstream(void **state)
{
    struct scene *scene = *state;
    struct correlate_counters counters;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 1000);
    asks(scene, NS1, "www.example.com", TYPE_A, 1001);
    fails(scene, &client, -1, 4000);
    scene_end(scene);
    correlator_counters(scene->correlator, &counters);
    assert_int_equal(counters.client_queries, 2);
    assert_int_equal(counters.client_responses, 2);
    assert_int_equal(counters.servfails, 1);
    assert_int_equal(counters.upstream_queries, 3);
    assert_int_equal(counters.upstream_unanswered, 1);
}

static void the_counters_know_a_minute_that_goes_on(void **state)
{
    struct scene *scene = *state;
    struct correlate_counters now, end;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 1000);
    asks(scene, NS1, "www.example.com", TYPE_A, 1001);
    fails(scene, &client, -1, 4000);
    correlator_counters(scene->correlator, &now);
    assert_int_equal(scene->minute_count, 0);
    assert_int_equal(now.clients.queries, 2);
    assert_int_equal(now.clients.rcodes[RCODE_SERVFAIL], 1);
    assert_int_equal(now.clients.rcodes[RCODE_NOERROR], 1);
    assert_int_equal(now.servers.queries, 3);
    assert_int_equal(now.servers.unanswered, 0);
    assert_true(now.used[TABLE_EXCHANGES] > 0);
    assert_true(now.used[TABLE_EXCHANGES] < now.capacity[TABLE_EXCHANGES]);

    scene_end(scene);
    correlator_counters(scene->correlator, &end);
    assert_memory_equal(&end.clients, &now.clients, sizeof(end.clients));
    assert_int_equal(end.servers.queries, 3);
    assert_int_equal(end.servers.unanswered, 1);
    assert_int_equal(end.used[TABLE_EXCHANGES], 3); /* what ended well */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(servers_that_all_stay_silent_are_no_response),
        CASE(a_referral_and_nothing_after_it_but_refusals_is_lame),
        CASE(an_address_that_two_names_share_is_one_server),
        CASE(what_not_all_of_was_looked_at_is_not_certain),
        CASE(earlier_tries_make_the_last_no_less_certain),
        CASE(evidence_that_several_names_share_is_counted_once),
        CASE(what_the_servers_answer_names_the_cause),
        CASE(one_dead_server_of_two_is_no_incident),
        CASE(an_answer_after_the_servfail_shows_a_slow_server),
        CASE(a_slow_server_is_told_with_how_slow_and_which_is_not),
        CASE(an_answer_after_the_retry_was_too_late_as_well),
        CASE(silence_here_and_answers_to_others_is_intermittent),
        CASE(a_forwarder_is_recognised_by_rd),
        CASE(a_silent_forwarder_is_down_and_a_late_one_slow),
        CASE(a_forwarders_failure_that_is_passed_on_at_once_was_waited_for),
        CASE(a_failure_answered_from_memory_names_its_origin),
        CASE(a_failure_without_a_reason_does_not_hide_the_zones),
        CASE(another_name_fails_of_servers_held_dead),
        CASE(servers_held_dead_may_be_known_by_another_zones_glue),
        CASE(servers_held_dead_may_have_been_rejected),
        CASE(a_server_that_answers_is_not_held_dead),
        CASE(death_is_forgotten),
        CASE(another_name_may_fail_of_dead_servers_whose_zone_was_not_seen),
        CASE(clients_that_joined_a_fetch_carry_its_cause),
        CASE(nothing_sent_is_the_resolvers_own_failure),
        CASE(nothing_sent_for_a_zone_not_seen_yet_may_be_old_memory),
        CASE(nothing_sent_for_a_zone_that_answers_is_no_old_memory),
        CASE(nothing_sent_just_after_the_start_is_not_judged),
        CASE(good_answers_clear_everybody_else),
        CASE(servers_that_were_known_and_not_asked_are_told_of),
        CASE(time_that_was_lost_above_leaves_none_for_the_zone),
        CASE(ede_tells_bogus_from_despite_answers),
        CASE(ede_of_validation_hides_no_other_where_it_does_not_count),
        CASE(an_answer_under_cd_tells_that_it_was_validation),
        CASE(an_answer_under_cd_tells_nothing_of_who_does_not_validate),
        CASE(an_answer_under_cd_tells_nothing_of_other_resolvers),
        CASE(an_answer_under_cd_of_another_clock_tells_nothing),
        CASE(another_class_is_another_question),
        CASE(aliases_that_close_a_loop_are_found),
        CASE(the_zone_behind_an_alias_is_blamed),
        CASE(nameserver_names_that_do_not_exist_are_found),
        CASE(a_name_that_does_not_exist_does_not_for_any_type),
        CASE(nameservers_in_a_dead_zone_put_the_blame_on_that_zone),
        CASE(glue_that_cannot_work_is_evidence_enough),
        CASE(private_glue_cannot_work_though_the_resolver_is_asked_at_such_an_address),
        CASE(zones_that_need_each_others_nameservers_are_a_loop),
        CASE(servers_that_refer_to_their_own_zone_are_no_loop),
        CASE(a_zone_without_its_delegation_is_told_by_what_its_servers_are_asked_for),
        CASE(a_delegation_without_glue_into_itself_is_a_loop),
        CASE(a_response_with_another_id_is_a_mismatch),
        cmocka_unit_test(an_answer_in_the_wrong_case_counts_only_where_no_other_comes),
        CASE(a_dead_ipv6_does_not_outvote_ipv4),
        CASE(silence_over_ipv6_is_the_resolvers_where_others_are_silent_too),
        CASE(silence_over_ipv6_of_one_zone_alone_is_the_zones),
        CASE(everybody_silent_is_a_blocked_egress),
        CASE(everything_prohibited_is_a_blocked_egress),
        CASE(closed_ports_are_no_blocked_egress),
        CASE(what_is_answered_was_not_asked_in_vain),
        CASE(what_was_not_answered_well_is_not_said_to_have_been),
        CASE(names_in_flight_at_the_same_time_are_not_mixed_up),
        CASE(a_chain_of_resolvers_gives_one_incident_each_and_an_origin),
        CASE(the_last_of_a_chains_failures_is_the_origin),
        CASE(time_lost_on_a_zone_is_found_although_a_forwarder_cost_some_too),
        CASE(a_public_forwarder_is_not_watched),
        CASE(an_egress_of_another_address_is_learned),
        CASE(strangers_that_iterate_do_not_displace_the_egress),
        CASE(a_top_level_domain_that_seems_to_recurse_is_somebody_else),
        CASE(a_top_level_domain_that_refuses_is_lame),
        CASE(what_was_asked_after_the_failure_hides_nothing),
        CASE(strangers_that_iterate_do_not_work_for_a_forwarding_resolver),
        CASE(clients_that_ask_what_others_ask_are_no_egresses),
        CASE(names_that_fail_at_once_where_others_are_answered_meet_a_limit),
        CASE(a_dead_forwarder_is_no_cause_where_another_answered),
        CASE(many_tries_do_not_make_an_egress_a_stranger),
        CASE(each_answered_retransmission_is_an_incident),
        CASE(a_servfail_whose_query_was_not_seen_is_an_incident),
        cmocka_unit_test(a_servfail_under_the_port_and_id_of_another_question_is_an_incident),
        CASE(a_clock_set_back_loses_no_incident),
        CASE(what_waited_when_the_clock_was_set_back_does_not_wait_for_what_comes_then),
        CASE(a_resolver_that_trusts_no_key_of_the_root_has_a_stale_anchor),
        CASE(servers_that_died_when_the_clock_was_set_back_are_dead),
        CASE(a_resolver_that_was_cut_off_when_the_clock_was_set_back_is_found),
        CASE(failures_are_remembered_when_the_clock_was_set_back),
        CASE(icmp_is_joined_to_the_query_whether_it_quotes_all_or_the_ports_alone),
        CASE(icmp_for_a_question_that_was_not_asked_changes_nothing),
        CASE(icmp_that_guessed_the_port_and_not_the_id_changes_nothing),
        CASE(an_answer_that_nobody_asked_for_changes_nothing),
        CASE(the_try_that_failed_may_be_older_than_the_one_that_was_answered),
        CASE(tcp_refused_after_truncation_is_the_networks),
        CASE(tcp_alone_that_fails_is_unreachable_over_tcp),
        CASE(silence_to_edns_and_answers_without_it_are_told_apart),
        CASE(what_a_server_bids_to_ask_again_is_judged_by_the_second_try),
        CASE(recursive_answers_from_the_root_are_somebody_elses),
        CASE(a_policy_is_told_by_the_resolvers_own_word),
        CASE(where_the_upstream_side_is_hidden_the_resolvers_own_word_decides),
        CASE(unrelated_names_failing_at_once_without_work_are_overload),
        CASE(the_overload_of_one_resolver_is_seen_beside_a_busy_one),
        CASE(a_very_long_chain_of_aliases_is_the_resolvers_limit),
        CASE(very_many_queries_for_a_question_are_the_resolvers_limit),
        CASE(queries_that_several_names_share_make_no_limit),
        CASE(a_long_chain_of_aliases_whose_end_is_dead_is_not_the_resolvers_limit),
        CASE(traffic_to_port_853_is_said_to_be_encrypted),
        CASE(a_capture_of_the_clients_side_alone_does_not_blame_the_resolver),
        CASE(a_mirror_of_one_direction_blames_no_firewall),
        CASE(the_counters_tell_the_clients_side_from_upstream),
        CASE(the_counters_know_a_minute_that_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
