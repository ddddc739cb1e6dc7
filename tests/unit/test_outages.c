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
        CASE(who_was_asked_last_is_not_slow),
        CASE(a_refusal_is_one_however_soon_the_resolver_gave_up),
        CASE(a_late_answer_of_a_fetch_that_went_well_is_no_evidence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
