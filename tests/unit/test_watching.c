/* What a correlator does that runs for ever: time without packets, losses, outages that begin and
 * end and outlive it. */
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

#define SECONDS(n) (SCENE_BEGIN_NS + INT64_C(1000000000) * (n))

/* Refused by the zone's servers: packets that no silence explains. */
static void fails_refused(struct scene *scene, const char *qname, int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms);
    struct ask server;

    walks_to_example(scene, qname, at_ms + 1);
    server = asks(scene, NS1, qname, TYPE_A, at_ms + 20);
    answers(scene, &server, RCODE_REFUSED, NULL, at_ms + 25);
    server = asks(scene, NS2, qname, TYPE_A, at_ms + 26);
    answers(scene, &server, RCODE_REFUSED, NULL, at_ms + 30);
    fails(scene, &client, -1, at_ms + 31);
}

static void fails_silent(struct scene *scene, const char *qname, int64_t at_ms)
{
    struct ask client = client_asks(scene, qname, TYPE_A, at_ms);

    walks_to_example(scene, qname, at_ms + 1);
    asks(scene, NS1, qname, TYPE_A, at_ms + 20);
    asks(scene, NS2, qname, TYPE_A, at_ms + 800);
    fails(scene, &client, -1, at_ms + 4000);
}

static void a_quiet_wire_holds_no_judgement_up(void **state)
{
    struct scene *scene = *state;

    fails_refused(scene, "www.example.com", 0);
    assert_int_equal(scene->incident_count, 0);
    correlator_advance(scene->correlator, SECONDS(5));
    scene_drain(scene);
    assert_int_equal(scene->incident_count, 0); /* late answers may still come */
    correlator_advance(scene->correlator, SECONDS(11));
    scene_drain(scene);
    assert_int_equal(scene->incident_count, 1);
}

static uint64_t answers_counted(const struct scene *scene)
{
    uint64_t responses = 0;

    for (unsigned i = 0; i < scene->minute_count; i++)
        responses += scene->minutes[i].is_resolver ? scene->minutes[i].responses : 0;
    return responses;
}

/* As time goes on where no packet comes. */
static void wait_until(struct scene *scene, int64_t from_s, int64_t to_s)
{
    for (int64_t at_s = from_s; at_s <= to_s; at_s++) {
        correlator_advance(scene->correlator, SECONDS(at_s));
        scene_drain(scene);
    }
}

/* The scene begins 20 seconds into a minute. Who was not a resolver yet when the minute began is
 * counted by it all the same. */
static void a_minutes_counters_come_when_it_is_over_though_no_packet_does(void **state)
{
    struct scene *scene = *state;

    fails_refused(scene, "www.example.com", 0);
    fails_refused(scene, "mail.example.com", 39000);
    wait_until(scene, 40, 45);
    assert_int_equal(answers_counted(scene), 0); /* the last SERVFAIL is not judged yet */
    wait_until(scene, 46, 52);
    assert_int_equal(scene->incident_count, 2);
    assert_int_equal(answers_counted(scene), 2);
}

static void the_counters_of_a_minute_that_goes_on_wait(void **state)
{
    struct scene *scene = *state;

    fails_refused(scene, "www.example.com", 0);
    fails_refused(scene, "mail.example.com", 45000);
    wait_until(scene, 46, 100);
    assert_int_equal(scene->incident_count, 2);
    assert_int_equal(answers_counted(scene), 1);
    wait_until(scene, 101, 112);
    assert_int_equal(answers_counted(scene), 2);
}

static void evidence_outlasts_a_long_silence_after_it(void **state)
{
    struct scene *scene = *state;

    fails_refused(scene, "www.example.com", 0);
    client_asks(scene, "www.example.net", TYPE_A, 3600000);
    assert_int_equal(scene->incident_count, 1);
    assert_cause(&scene->incidents[0], "lame.refused");
}

static void an_advance_into_the_past_changes_nothing(void **state)
{
    struct scene *scene = *state;

    correlator_advance(scene->correlator, SECONDS(1000)); /* before the first packet, too */
    fails_refused(scene, "www.example.com", 0);
    correlator_advance(scene->correlator, SECONDS(-100000));
    scene_drain(scene);
    assert_int_equal(scene->incident_count, 0);
    assert_cause(only_incident(scene), "lame.refused");
}

static void an_outage_opens_with_its_first_incident_and_closes_after_the_pause(void **state)
{
    struct scene *scene = *state;
    const struct outage_change *outages = scene->outages;

    fails_refused(scene, "www.example.com", 0);
    fails_refused(scene, "mail.example.com", 60000);
    correlator_advance(scene->correlator, SECONDS(60 + 15 * 60 - 5));
    scene_drain(scene);
    assert_int_equal(scene->outage_count, 1);
    assert_false(outages[0].closed);
    assert_int_equal(outages[0].identity, scene->incidents[0].outage);
    assert_int_equal(outages[0].identity, scene->incidents[1].outage);
    assert_int_equal(outages[0].server_count, 2);
    correlator_advance(scene->correlator, SECONDS(60 + 15 * 60 + 30));
    scene_drain(scene);
    assert_int_equal(scene->outage_count, 2);
    assert_true(outages[1].closed);
    assert_int_equal(outages[1].identity, outages[0].identity);
    assert_int_equal(outages[1].incidents, 2);
    assert_int_equal(outages[1].first_time_ns, scene->incidents[0].time_ns);
    assert_int_equal(outages[1].last_time_ns, scene->incidents[1].time_ns);
}

static void the_end_of_a_capture_does_not_end_an_outage(void **state)
{
    struct scene *scene = *state;

    fails_refused(scene, "www.example.com", 0);
    scene_end(scene);
    assert_int_equal(scene->outage_count, 1);
    assert_false(scene->outages[0].closed);
}

static void an_outage_goes_on_after_a_restart(void **state)
{
    struct scene *before = *state, *after = scene_new(NULL);
    struct outage_change open;

    fails_refused(before, "www.example.com", 0);
    scene_end(before);
    open = before->outages[0];
    open.incidents = 7;
    correlator_resume_outage(after->correlator, &open);
    fails_refused(after, "www.example.com", 300000);
    correlator_advance(after->correlator, SECONDS(300 + 15 * 60 + 30));
    scene_drain(after);
    assert_int_equal(after->incidents[0].outage, open.identity);
    assert_int_equal(after->outage_count, 1); /* it does not open anew */
    assert_true(after->outages[0].closed);
    assert_int_equal(after->outages[0].incidents, 8);
    scene_free(after);
}

static void an_outage_that_was_over_before_the_restart_begins_anew(void **state)
{
    struct scene *before = *state, *after = scene_new(NULL);

    fails_refused(before, "www.example.com", 0);
    scene_end(before);
    correlator_resume_outage(after->correlator, &before->outages[0]);
    fails_refused(after, "www.example.com", 3600000);
    scene_end(after);
    assert_int_not_equal(after->incidents[0].outage, before->outages[0].identity);
    scene_free(after);
}

static void an_outage_that_begins_anew_has_ended(void **state)
{
    struct scene *scene = *state;
    const struct outage_change *outages = scene->outages;

    fails_refused(scene, "www.example.com", 0);
    fails_refused(scene, "www.example.com", 15 * 60 * 1000 + 500); /* with nothing between */
    scene_end(scene);
    assert_int_equal(scene->outage_count, 3);
    assert_int_equal(outages[0].identity, scene->incidents[0].outage);
    assert_int_equal(outages[1].identity, scene->incidents[1].outage);
    assert_true(outages[2].closed);
    assert_int_equal(outages[2].identity, outages[0].identity);
}

static void silence_that_the_capture_lost_is_nobodys(void **state)
{
    struct scene *scene = *state;

    fails_silent(scene, "www.example.com", 0);
    correlator_note_loss(scene->correlator, SECONDS(0), SECONDS(5), 500, 1000);
    assert_cause(only_incident(scene), "unattributed.capture-loss");
    assert_int_equal(scene->incidents[0].server_count, 0);
}

static void a_loss_at_another_time_clears_nobody(void **state)
{
    struct scene *scene = *state;

    correlator_note_loss(scene->correlator, SECONDS(-900), SECONDS(-600), 500, 1000);
    fails_silent(scene, "www.example.com", 0);
    assert_cause(only_incident(scene), "unreachable.no-response");
    assert_int_equal(scene->incidents[0].contributing_count, 0);
}

static void silence_that_a_small_loss_cannot_explain_is_blamed_with_less_confidence(void **state)
{
    struct scene *scene = *state;
    const struct incident *incident;

    fails_silent(scene, "www.example.com", 0);
    correlator_note_loss(scene->correlator, SECONDS(0), SECONDS(5), 1, 1000);
    incident = only_incident(scene);
    assert_cause(incident, "unreachable.no-response");
    assert_int_not_equal(incident->confidence, CONFIDENCE_CERTAIN);
    assert_int_equal(incident->contributing_count, 1);
    assert_int_equal(incident->contributing[0].cause, CAUSE_UNATTRIBUTED_CAPTURE_LOSS);
}

static void what_was_answered_stands_whatever_else_was_lost(void **state)
{
    struct scene *scene = *state;

    fails_refused(scene, "www.example.com", 0);
    correlator_note_loss(scene->correlator, SECONDS(0), SECONDS(5), 500, 1000);
    assert_cause(only_incident(scene), "lame.refused");
}

/* A resolver so busy that memory is for a small part of what it does meanwhile. */
static void what_ended_well_makes_room_for_what_failed(void **state)
{
    struct correlator_options options = {.grace_ns = -1, .memory_bytes = 8 << 20};
    struct scene *scene = scene_new(&options);
    struct ask client = client_asks(scene, "www.example.com", TYPE_A, 0);
    char qname[64], record[128];

    (void)state;
    walks_to_example(scene, "www.example.com", 1);
    asks(scene, NS1, "www.example.com", TYPE_A, 20);
    asks(scene, NS2, "www.example.com", TYPE_A, 800);
    for (unsigned i = 0; i < 20000; i++) {
        struct ask server;

        snprintf(qname, sizeof(qname), "zone%u.net", i);
        snprintf(record, sizeof(record), "%s. 300 IN A 1.2.3.4", qname);
        server = asks(scene, OTHER, qname, TYPE_A, 1000 + i);
        answers(scene, &server, DNS_AA, RECORDS(record), 1000 + i);
    }
    fails(scene, &client, -1, 30000);
    scene_end(scene);
    assert_cause(&scene->incidents[0], "unreachable.no-response");
    assert_true(blames(&scene->incidents[0], NS1) && blames(&scene->incidents[0], NS2));
    scene_free(scene);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_quiet_wire_holds_no_judgement_up),
        CASE(a_minutes_counters_come_when_it_is_over_though_no_packet_does),
        CASE(the_counters_of_a_minute_that_goes_on_wait),
        CASE(evidence_outlasts_a_long_silence_after_it),
        CASE(an_advance_into_the_past_changes_nothing),
        CASE(an_outage_opens_with_its_first_incident_and_closes_after_the_pause),
        CASE(the_end_of_a_capture_does_not_end_an_outage),
        CASE(an_outage_goes_on_after_a_restart),
        CASE(an_outage_that_was_over_before_the_restart_begins_anew),
        CASE(an_outage_that_begins_anew_has_ended),
        CASE(silence_that_the_capture_lost_is_nobodys),
        CASE(a_loss_at_another_time_clears_nobody),
        CASE(silence_that_a_small_loss_cannot_explain_is_blamed_with_less_confidence),
        CASE(what_was_answered_stands_whatever_else_was_lost),
        cmocka_unit_test(what_ended_well_makes_room_for_what_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
