/* What will fail next, told before it does; and what is well, of which nothing is told. */
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

#define DAY_S INT64_C(86400)

/* A signed answer; the signature's times are days from the scene's beginning. */
static void answers_signed(struct scene *scene, int64_t inception_days, int64_t expiration_days,
                           int64_t at_ms)
{
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, at_ms);
    struct ask server;
    char signature[256], from[16], to[16];
    time_t inception = SCENE_BEGIN_NS / 1000000000 + inception_days * DAY_S;
    time_t expiration = SCENE_BEGIN_NS / 1000000000 + expiration_days * DAY_S;
    struct tm tm;

    strftime(from, sizeof(from), "%Y%m%d%H%M%S", gmtime_r(&inception, &tm));
    strftime(to, sizeof(to), "%Y%m%d%H%M%S", gmtime_r(&expiration, &tm));
    snprintf(signature, sizeof(signature),
             "www.example.com. 300 IN RRSIG A 13 3 300 %s %s 4711 example.com. AAAA", to, from);
    walks_to_example(scene, "www.example.com", at_ms + 1);
    server = asks(scene, NS1, "www.example.com", TYPE_A, at_ms + 20);
    answers(scene, &server, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4", signature),
            at_ms + 25);
    answers(scene, &client, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), at_ms + 26);
}

static void a_signature_near_its_end_is_told_once(void **state)
{
    struct scene *scene = *state;
    const struct signature_sight *sight = scene->signatures;
    char zone[NAME_TEXT_SIZE];

    answers_signed(scene, -28, 2, 0);
    answers_signed(scene, -28, 2, 60000);
    assert_int_equal(scene->signature_count, 1);
    assert_string_equal(name_to_text(sight->zone.bytes, sight->zone.size_bytes, zone),
                        "example.com.");
    assert_int_equal(sight->type_covered, TYPE_A);
    assert_int_equal(sight->key_tag, 4711);
    assert_int_equal(sight->algorithm, 13);
    assert_int_equal(sight->expiration_ns, SCENE_BEGIN_NS + 2 * DAY_S * 1000000000);
    answers_signed(scene, -28, 2, 3700000); /* it is still there */
    assert_int_equal(scene->signature_count, 2);
}

static void a_young_signature_is_not_told_however_short_it_lives(void **state)
{
    struct scene *scene = *state;

    answers_signed(scene, -1, 1, 0);    /* signed on the fly */
    answers_signed(scene, -9, 21, 100); /* monthly */
    assert_int_equal(scene->signature_count, 0);
}

static void a_renewed_signature_is_told_and_then_forgotten(void **state)
{
    struct scene *scene = *state;

    answers_signed(scene, -28, 2, 0);
    answers_signed(scene, 0, 30, 60000);
    assert_int_equal(scene->signature_count, 2);
    assert_int_equal(scene->signatures[1].expiration_ns, SCENE_BEGIN_NS + 30 * DAY_S * 1000000000);
    answers_signed(scene, 0, 30, 120000);
    assert_int_equal(scene->signature_count, 2);
}

static void an_older_signature_of_another_server_changes_nothing(void **state)
{
    struct scene *scene = *state;

    answers_signed(scene, -28, 4, 0);
    answers_signed(scene, -29, 3, 60000);
    assert_int_equal(scene->signature_count, 1);
}

/* One server of two serves the zone, the other one answers like this. */
static void one_serves(struct scene *scene, uint16_t flags, int64_t at_ms)
{
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, at_ms);
    struct ask server;

    walks_to_example(scene, "www.example.com", at_ms + 1);
    server = asks(scene, NS1, "www.example.com", TYPE_A, at_ms + 20);
    if (flags & DNS_AA)
        answers(scene, &server, flags, RECORDS("www.example.com. 300 IN A 1.2.3.4"), at_ms + 25);
    else if (flags)
        answers(scene, &server, flags, NULL, at_ms + 25);
    server = asks(scene, NS2, "www.example.com", TYPE_A, at_ms + 1000);
    answers(scene, &server, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), at_ms + 1010);
    answers(scene, &client, DNS_RA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), at_ms + 1011);
}

/* Leaves out the scene's com., which has a single nameserver. Returns how many are left. */
static unsigned sights_of_example(struct scene *scene)
{
    unsigned count = 0;
    char zone[NAME_TEXT_SIZE];

    for (unsigned i = 0; i < scene->delegation_count; i++) {
        const struct name *name = &scene->delegations[i].zone;

        if (strcmp(name_to_text(name->bytes, name->size_bytes, zone), "com.") != 0)
            scene->delegations[count++] = scene->delegations[i];
    }
    return scene->delegation_count = count;
}

static void assert_sight(const struct delegation_sight *sight, const char *server,
                         enum outcome outcome)
{
    struct address address;
    char zone[NAME_TEXT_SIZE];

    assert_int_equal(address_from_text(&address, server), 0);
    assert_true(address_equal(&sight->server, &address));
    assert_string_equal(name_to_text(sight->zone.bytes, sight->zone.size_bytes, zone),
                        "example.com.");
    assert_int_equal(sight->outcome, outcome);
}

static void a_server_that_refuses_is_told_and_the_other_one_that_works(void **state)
{
    struct scene *scene = *state;

    one_serves(scene, RCODE_REFUSED, 0);
    one_serves(scene, RCODE_REFUSED, 60000);
    scene_end(scene);
    assert_int_equal(scene->incident_count, 0);
    assert_int_equal(sights_of_example(scene), 2);
    assert_sight(&scene->delegations[0], NS1, OUTCOME_REFUSED);
    assert_int_equal(scene->delegations[0].nameservers, 2);
    assert_int_equal(scene->delegations[0].listed, 2);
    assert_sight(&scene->delegations[1], NS2, OUTCOME_ANSWER);
}

static void a_server_that_serves_again_is_told_once(void **state)
{
    struct scene *scene = *state;

    one_serves(scene, RCODE_REFUSED, 0);
    one_serves(scene, DNS_AA, 60000);
    one_serves(scene, DNS_AA, 120000);
    assert_int_equal(sights_of_example(scene), 3);
    assert_sight(&scene->delegations[2], NS1, OUTCOME_ANSWER);
}

static void silence_counts_when_it_comes_three_times_in_a_row(void **state)
{
    struct scene *scene = *state;

    one_serves(scene, 0, 0);
    one_serves(scene, 0, 60000);
    client_asks(scene, "www.example.net", TYPE_A, 600000);
    assert_int_equal(sights_of_example(scene), 0);
    one_serves(scene, 0, 660000);
    client_asks(scene, "www.example.net", TYPE_A, 1200000);
    assert_int_equal(sights_of_example(scene), 2);
    assert_sight(&scene->delegations[0], NS1, OUTCOME_TIMEOUT);
    assert_sight(&scene->delegations[1], NS2, OUTCOME_ANSWER);
}

static void a_server_that_answered_since_was_not_silent(void **state)
{
    struct scene *scene = *state;

    for (int64_t i = 0; i < 3; i++)
        one_serves(scene, 0, i * 1100);
    one_serves(scene, DNS_AA, 10000);
    client_asks(scene, "www.example.net", TYPE_A, 600000);
    assert_int_equal(sights_of_example(scene), 0);
}

/* The parent names one nameserver; it is asked, and answers if it does. */
static void asks_the_only_one(struct scene *scene, bool it_answers, int64_t at_ms)
{
    struct ask server;

    client_asks(scene, "www.example.com", TYPE_A, at_ms);
    server = asks(scene, TLD, "www.example.com", TYPE_A, at_ms + 1);
    refers(scene, &server,
           RECORDS("auth example.com. 300 IN NS ns1.example.com.",
                   "add ns1.example.com. 300 IN A " NS1),
           at_ms + 5);
    server = asks(scene, NS1, "www.example.com", TYPE_A, at_ms + 10);
    if (it_answers)
        answers(scene, &server, DNS_AA, RECORDS("www.example.com. 300 IN A 1.2.3.4"), at_ms + 15);
}

static void a_zone_with_a_single_nameserver_is_told(void **state)
{
    struct scene *scene = *state;

    for (int64_t i = 0; i < 3; i++)
        asks_the_only_one(scene, true, i * 1000);
    assert_int_equal(sights_of_example(scene), 1);
    assert_sight(&scene->delegations[0], NS1, OUTCOME_ANSWER);
    assert_int_equal(scene->delegations[0].nameservers, 1);
    assert_int_equal(scene->delegations[0].listed, 1);
}

static void a_single_nameserver_that_was_not_heard_is_not_said_to_answer(void **state)
{
    struct scene *scene = *state;

    asks_the_only_one(scene, false, 0);
    scene_end(scene);
    assert_int_equal(sights_of_example(scene), 0);
}

/* Two servers, asked in turn. */
static void asks_in_turn(struct scene *scene, unsigned times, int64_t every_ms, int64_t at_ms)
{
    walks_to_example(scene, "www.example.com", at_ms);
    for (unsigned i = 0; i < times; i++)
        asks(scene, i % 2 ? NS2 : NS1, "www.example.com", TYPE_A, at_ms + 20 + i * every_ms);
}

static void a_zone_whose_servers_are_all_silent_is_told_though_each_is_asked_seldom(void **state)
{
    struct scene *scene = *state;

    asks_in_turn(scene, 3, 1000, 0);
    client_asks(scene, "www.example.net", TYPE_A, 600000);
    assert_int_equal(sights_of_example(scene), 2);
    assert_sight(&scene->delegations[0], NS1, OUTCOME_TIMEOUT);
    assert_sight(&scene->delegations[1], NS2, OUTCOME_TIMEOUT);
}

static void one_lost_burst_is_not_a_silent_server(void **state)
{
    struct scene *scene = *state;

    asks_in_turn(scene, 12, 1, 0);
    client_asks(scene, "www.example.net", TYPE_A, 600000);
    assert_int_equal(sights_of_example(scene), 0);
}

static void what_was_asked_last_may_yet_be_answered(void **state)
{
    struct scene *scene = *state;

    asks_in_turn(scene, 8, 500, 0);
    scene_end(scene);
    assert_int_equal(sights_of_example(scene), 0);
}

static void a_server_that_serves_its_zone_but_not_its_keys_is_not_lame(void **state)
{
    struct scene *scene = *state;
    struct ask server;

    one_serves(scene, DNS_AA, 0);
    server = asks(scene, NS1, "example.com", TYPE_DNSKEY, 2000);
    answers(scene, &server, RCODE_REFUSED, NULL, 2005);
    assert_int_equal(sights_of_example(scene), 0);
}

static void a_referral_back_up_is_told(void **state)
{
    struct scene *scene = *state;
    struct ask server;

    walks_to_example(scene, "www.example.com", 0);
    server = asks(scene, NS1, "www.example.com", TYPE_A, 20);
    refers(scene, &server, RECORDS("auth . 300 IN NS a.root-servers.net."), 25);
    assert_int_equal(sights_of_example(scene), 1);
    assert_sight(&scene->delegations[0], NS1, OUTCOME_UPWARD_REFERRAL);
}

static void healthy_traffic_tells_nothing(void **state)
{
    struct scene *scene = *state;

    for (int64_t i = 0; i < 5; i++)
        one_serves(scene, DNS_AA, i * 2000);
    scene_end(scene);
    assert_int_equal(sights_of_example(scene) + scene->signature_count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_signature_near_its_end_is_told_once),
        CASE(a_young_signature_is_not_told_however_short_it_lives),
        CASE(a_renewed_signature_is_told_and_then_forgotten),
        CASE(an_older_signature_of_another_server_changes_nothing),
        CASE(a_server_that_refuses_is_told_and_the_other_one_that_works),
        CASE(a_server_that_serves_again_is_told_once),
        CASE(silence_counts_when_it_comes_three_times_in_a_row),
        CASE(a_server_that_answered_since_was_not_silent),
        CASE(a_zone_with_a_single_nameserver_is_told),
        CASE(a_single_nameserver_that_was_not_heard_is_not_said_to_answer),
        CASE(a_zone_whose_servers_are_all_silent_is_told_though_each_is_asked_seldom),
        CASE(one_lost_burst_is_not_a_silent_server),
        CASE(what_was_asked_last_may_yet_be_answered),
        CASE(a_server_that_serves_its_zone_but_not_its_keys_is_not_lame),
        CASE(a_referral_back_up_is_told),
        CASE(healthy_traffic_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
