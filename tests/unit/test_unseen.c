/* A capture that loses packets: what looks like silence, and whether it was any. */
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

/* Somebody else's question, by which com. and its server are known. */
static void warm_up(struct scene *scene)
{
    struct ask client = client_asks(scene, "www.healthy.com", TYPE_A, 0);
    struct ask it = asks(scene, ROOT, "www.healthy.com", TYPE_A, 1);

    refers(
        scene, &it,
        RECORDS("auth com. 300 IN NS a.gtld-servers.net.", "add a.gtld-servers.net. 300 IN A " TLD),
        5);
    it = asks(scene, TLD, "www.healthy.com", TYPE_A, 6);
    refers(scene, &it,
           RECORDS("auth healthy.com. 300 IN NS ns.healthy.com.",
                   "add ns.healthy.com. 300 IN A " OTHER),
           10);
    it = asks(scene, OTHER, "www.healthy.com", TYPE_A, 11);
    answers(scene, &it, DNS_AA, RECORDS("www.healthy.com. 300 IN A 1.2.3.4"), 15);
    answers(scene, &client, DNS_RA, RECORDS("www.healthy.com. 300 IN A 1.2.3.4"), 16);
}

static void who_asks_a_zones_servers_has_heard_of_them(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;
    const struct incident *incident;

    warm_up(scene);
    client = client_asks(scene, "www.example.com", TYPE_A, 1000);
    asks(scene, TLD, "example.com", TYPE_NS, 1001); /* its referral is lost */
    it = asks(scene, NS1, "www.example.com", TYPE_A, 1005);
    answers(scene, &it, RCODE_REFUSED, NULL, 1010);
    it = asks(scene, NS2, "www.example.com", TYPE_A, 1011);
    answers(scene, &it, RCODE_REFUSED, NULL, 1015);
    fails(scene, &client, -1, 1016);
    incident = only_incident(scene);
    assert_cause(incident, "lame.refused");
    assert_true(blames(incident, NS1) && blames(incident, NS2) && !blames(incident, TLD));
    assert_int_equal(incident->confidence, CONFIDENCE_LIKELY);
    assert_string_equal(cause_code(incident->contributing[0].cause), "unattributed.capture-loss");
}

/* healthy.com.'s server, which is alive, is asked for a name, and `after_ms` later that has failed.
 */
static void fails_after(struct scene *scene, int64_t after_ms)
{
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "mail.healthy.com", TYPE_A, 1000);
    asks(scene, OTHER, "mail.healthy.com", TYPE_A, 1001);
    fails(scene, &client, -1, 1001 + after_ms);
}

static void who_fails_sooner_than_any_timer_was_answered(void **state)
{
    fails_after(*state, 20);
    assert_cause(only_incident(*state), "unattributed.capture-loss");
    assert_int_equal(((struct scene *)*state)->incidents[0].server_count, 0);
}

static void who_fails_when_a_timer_may_be_over_was_not(void **state)
{
    fails_after(*state, 1600);
    assert_cause(only_incident(*state), "unreachable.no-response");
}

/* Filters that take DNS alone hide ICMP errors, which resolvers heed. */
static void a_server_that_never_answers_may_be_dead(void **state)
{
    struct scene *scene = *state;
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);

    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    fails(scene, &client, -1, 22);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

static void who_asks_again_has_waited(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    warm_up(scene);
    client = client_asks(scene, "mail.healthy.com", TYPE_A, 1000);
    asks(scene, OTHER, "mail.healthy.com", TYPE_A, 1001);
    asks(scene, OTHER, "mail.healthy.com", TYPE_A, 1101);
    fails(scene, &client, -1, 1201);
    assert_cause(only_incident(scene), "unreachable.no-response");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_asks_a_zones_servers_has_heard_of_them, begin, end),
        cmocka_unit_test_setup_teardown(who_fails_sooner_than_any_timer_was_answered, begin, end),
        cmocka_unit_test_setup_teardown(who_fails_when_a_timer_may_be_over_was_not, begin, end),
        cmocka_unit_test_setup_teardown(a_server_that_never_answers_may_be_dead, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_again_has_waited, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
