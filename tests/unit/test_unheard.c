/* A capture without the answers of some servers, or of all: who knows that they came. */
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

/* The server's answer is not captured, what the client gets is. */
static void is_answered_unheard(struct scene *scene, const char *server, const char *qname,
                                int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms);
    char record[64];

    snprintf(record, sizeof(record), "%s. 300 IN A 1.2.3.4", qname);
    asks(scene, server, qname, TYPE_A, at_ms + 1);
    answers(scene, &client, DNS_RA, RECORDS(record), at_ms + 20);
}

static void is_answered(struct scene *scene, const char *server, const char *qname, int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms), it;
    char record[64];

    snprintf(record, sizeof(record), "%s. 300 IN A 1.2.3.4", qname);
    it = asks(scene, server, qname, TYPE_A, at_ms + 1);
    answers(scene, &it, DNS_AA, RECORDS(record), at_ms + 15);
    answers(scene, &client, DNS_RA, RECORDS(record), at_ms + 20);
}

/* Five seconds of silence, with `server` asked three times. */
static const struct incident *fails_in_silence(struct scene *scene, const char *server)
{
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 10000);

    asks(scene, server, "www.example.com", TYPE_A, 10001);
    asks(scene, server, "www.example.com", TYPE_A, 10800);
    asks(scene, server, "www.example.com", TYPE_A, 12400);
    fails(scene, &client, -1, 15000);
    return only_incident(scene);
}

static void who_answered_a_client_well_had_been_answered(void **state)
{
    struct scene *scene = *state;

    is_answered(scene, OTHER, "www.healthy.com", 0);
    is_answered_unheard(scene, NS1, "mail.example.com", 100);
    assert_cause(fails_in_silence(scene, NS1), "unattributed.capture-loss");
}

static void nobody_is_silent_where_no_answer_is_captured(void **state)
{
    struct scene *scene = *state;

    is_answered_unheard(scene, OTHER, "www.healthy.com", 0);
    is_answered_unheard(scene, NS2, "www.well.org", 100);
    assert_cause(fails_in_silence(scene, NS1), "unattributed.capture-loss");
    assert_int_equal(scene->incidents[0].server_count, 0);
}

static void one_lost_answer_is_no_rule(void **state)
{
    struct scene *scene = *state;

    is_answered(scene, OTHER, "www.healthy.com", 0);
    is_answered_unheard(scene, NS2, "www.well.org", 100);
    assert_cause(fails_in_silence(scene, NS1), "unreachable.no-response");
}

static void what_is_asked_again_was_not_answered(void **state)
{
    struct scene *scene = *state;
    struct ask client, it;

    client = client_asks(scene, "mail.example.com", TYPE_A, 0);
    asks(scene, NS1, "mail.example.com", TYPE_A, 1);
    it = asks(scene, NS2, "mail.example.com", TYPE_A, 200);
    answers(scene, &it, DNS_AA, RECORDS("mail.example.com. 300 IN A 1.2.3.4"), 215);
    answers(scene, &client, DNS_RA, RECORDS("mail.example.com. 300 IN A 1.2.3.4"), 220);
    assert_cause(fails_in_silence(scene, NS1), "unreachable.no-response");
}

static void who_goes_on_below_a_name_was_told_where(void **state)
{
    struct scene *scene = *state;

    asks(scene, ROOT, "org", TYPE_NS, 0);
    asks(scene, TLD, "healthy.org", TYPE_NS, 20);
    asks(scene, OTHER, "www.healthy.org", TYPE_A, 40);
    assert_cause(fails_in_silence(scene, NS1), "unattributed.capture-loss");
}

static void who_fails_at_once_did_not_wait(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    is_answered(scene, OTHER, "www.healthy.com", 0);
    client = client_asks(scene, "www.example.com", TYPE_A, 10000);
    asks(scene, NS1, "www.example.com", TYPE_A, 10001);
    fails(scene, &client, -1, 10020);
    assert_int_not_equal(only_incident(scene)->confidence, CONFIDENCE_CERTAIN);
    assert_int_not_equal(scene->incidents[0].confidence, CONFIDENCE_LIKELY);
}

static void who_knows_the_servers_for_dead_need_not_wait(void **state)
{
    struct scene *scene = *state;
    struct ask client;

    is_answered(scene, OTHER, "www.healthy.com", 0);
    asks(scene, NS1, "mail.example.com", TYPE_A, 100);
    asks(scene, NS1, "mail.example.com", TYPE_A, 500);
    client = client_asks(scene, "www.example.com", TYPE_A, 10000);
    asks(scene, NS1, "www.example.com", TYPE_A, 10001);
    fails(scene, &client, -1, 10020);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_int_not_equal(scene->incidents[0].confidence, CONFIDENCE_POSSIBLE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(who_answered_a_client_well_had_been_answered),
        CASE(nobody_is_silent_where_no_answer_is_captured),
        CASE(one_lost_answer_is_no_rule),
        CASE(what_is_asked_again_was_not_answered),
        CASE(who_goes_on_below_a_name_was_told_where),
        CASE(who_fails_at_once_did_not_wait),
        CASE(who_knows_the_servers_for_dead_need_not_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
