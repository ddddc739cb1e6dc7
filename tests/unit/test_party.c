#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/party.h"
#include "decode/codes.h"
#include "decode/flow_hash.h"
#include "decode/hash.h"

#define MILLISECOND_NS INT64_C(1000000)
#define START_NS       (28000000 * MINUTE_NS) /* a minute begins */
#define MEMORY         (UINT64_C(2) << 20)
/* The first questions to a service, of which all are looked at, are fewer. */
#define SETTLED 1000
/* Of so many questions some are among those that are looked at. */
#define MANY 640

struct fixture {
    struct parties *parties;
    struct exchange_table *exchanges;
    struct minute_counters told; /* the sums */
};

static const struct address service = {{[10] = 0xff, 0xff, 192, 0, 2, 53}};
static const struct address other_service = {{[10] = 0xff, 0xff, 192, 0, 2, 54}};
static const struct address egress = {{[10] = 0xff, 0xff, 192, 0, 2, 1}};
static const struct address server = {{[10] = 0xff, 0xff, 198, 51, 100, 1}};

static struct address numbered(uint8_t net, uint32_t number)
{
    struct address address = {{[10] = 0xff, 0xff, net}};

    address.bytes[13] = (uint8_t)(number >> 16);
    address.bytes[14] = (uint8_t)(number >> 8);
    address.bytes[15] = (uint8_t)number;
    return address;
}

static struct address client(uint32_t number)
{
    return numbered(10, number);
}

static void add_up(void *context, const struct minute_counters *minute)
{
    struct fixture *fixture = context;

    fixture->told.queries += minute->queries;
    fixture->told.responses += minute->responses;
    for (unsigned i = 0; i < RCODES; i++)
        fixture->told.rcodes[i] += minute->rcodes[i];
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
        fixture->told.latency[i] += minute->latency[i];
}

static int set_up(void **state)
{
    static const struct correlator_options options;
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fixture.parties = parties_new(&options, MEMORY, add_up, &fixture);
    fixture.exchanges = exchange_table_new(MEMORY);
    *state = &fixture;
    return fixture.parties && fixture.exchanges ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    parties_free(fixture->parties);
    exchange_table_free(fixture->exchanges);
    return 0;
}

/* A name of one-octet labels that say the number. */
static void name_of(struct name *name, unsigned number)
{
    name->size_bytes = 15;
    for (unsigned i = 0; i + 1 < name->size_bytes; i += 2) {
        name->bytes[i] = 1;
        name->bytes[i + 1] = (uint8_t)('a' + number % 26);
        number /= 26;
    }
    name->bytes[name->size_bytes - 1] = 0;
}

static struct event message(struct address from, struct address to, uint16_t flags, unsigned number,
                            int64_t at_ns)
{
    struct event event = {.kind = EVENT_DNS, .time_ns = START_NS + at_ns};

    event.flow =
        flags & DNS_QR ? (struct flow){from, to, 53, 5000} : (struct flow){from, to, 5000, 53};
    event.dns.flags = flags;
    event.dns.qtype = TYPE_A;
    event.dns.qclass = 1;
    name_of(&event.dns.qname, number);
    event.dns.qname_hash = hash_bytes(event.dns.qname.bytes, event.dns.qname.size_bytes);
    event.dns.exchange_hash = exchange_hash(&event.flow, flags & DNS_QR, TRANSPORT_UDP, 1);
    return event;
}

/* Returns whether it may be an upstream query. */
static bool ask(struct fixture *fixture, struct address from, struct address to, uint16_t flags,
                unsigned number, int64_t at_ns)
{
    struct event event = message(from, to, flags, number, at_ns);

    event.dns.qname_wire = event.dns.qname.bytes;
    return parties_see_query(fixture->parties, &event, fixture->exchanges);
}

static void answer(struct fixture *fixture, struct address from, struct address to, unsigned number,
                   int64_t at_ns)
{
    struct event event = message(from, to, DNS_QR | DNS_RD | DNS_RA, number, at_ns);
    struct answered answered = {.query_ns = event.time_ns - MILLISECOND_NS,
                                .last_query_ns = event.time_ns - MILLISECOND_NS,
                                .response_ns = event.time_ns};
    struct server *sender;

    (void)parties_see_response(fixture->parties, &event, &sender);
    parties_see_answered(fixture->parties, sender, &answered);
}

/* A service that is known as one, and has had its first questions. */
static void settle(struct fixture *fixture, struct address of)
{
    for (unsigned i = 0; i < SETTLED; i++) {
        (void)ask(fixture, client(1), of, DNS_RD, i, 0);
        answer(fixture, of, client(1), i, 0);
    }
}

static uint64_t parties_used(const struct fixture *fixture)
{
    struct table_fill fill = {0, 0, 0};

    parties_fill(fixture->parties, &fill);
    return fill.used;
}

static uint32_t votes_of(const struct fixture *fixture, struct address of)
{
    const struct asker *asker = parties_asker(fixture->parties, &of);

    return asker ? asker->raw_votes : 0;
}

static bool is_resolver(const struct fixture *fixture, struct address of)
{
    return parties_is_resolver(fixture->parties, &of);
}

static void a_busy_minute_is_told_whole(void **state)
{
    const unsigned answers = 100000;
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < answers; i++) {
        (void)ask(fixture, client(i % 100), service, DNS_RD, i, 0);
        (void)ask(fixture, client(i % 100), service, DNS_RD, i, 0);
        answer(fixture, service, client(i % 100), i, MILLISECOND_NS);
    }
    parties_flush_minutes(fixture->parties, INT64_MAX);
    assert_int_equal(fixture->told.queries, 2 * answers);
    assert_int_equal(fixture->told.responses, answers);
    assert_int_equal(fixture->told.rcodes[RCODE_NOERROR], answers);
    assert_int_equal(fixture->told.latency[latency_bucket(MILLISECOND_NS)], answers);
    assert_int_equal(server_queries(parties_server(fixture->parties, &service)), 2 * answers);
    assert_int_equal(server_good_answers(parties_server(fixture->parties, &service)), answers);
}

static void clients_are_told_from_resolvers_and_take_no_room(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before;

    settle(fixture, service);
    settle(fixture, other_service);
    before = parties_used(fixture);
    for (unsigned i = 0; i < 100000; i++) {
        struct address to = i % 2 ? service : other_service;

        assert_false(ask(fixture, client(1000 + i), to, DNS_RD, SETTLED + i, i));
        answer(fixture, to, client(1000 + i), SETTLED + i, i);
    }
    assert_int_equal(parties_used(fixture), before);
}

static void who_asks_for_what_a_service_was_asked_gets_votes(void **state)
{
    struct fixture *fixture = *state;

    settle(fixture, service);
    for (unsigned i = 0; i < MANY; i++) {
        (void)ask(fixture, client(2), service, DNS_RD, SETTLED + i, i * MILLISECOND_NS);
        assert_true(ask(fixture, egress, server, 0, SETTLED + i, i * MILLISECOND_NS + 1000));
    }
    assert_true(votes_of(fixture, egress) > 0);
}

/* The egress asks what a client has just asked, and what was answered meanwhile to somebody. */
static void egress_asks_after_an_answer(struct fixture *fixture, struct address answered)
{
    settle(fixture, service);
    for (unsigned i = 0; i < MANY; i++) {
        (void)ask(fixture, client(2), service, DNS_RD, SETTLED + i, i * MILLISECOND_NS);
        answer(fixture, service, answered, SETTLED + i, i * MILLISECOND_NS + 500);
        (void)ask(fixture, egress, server, 0, SETTLED + i, i * MILLISECOND_NS + 1000);
    }
}

static void who_asks_after_the_answer_gets_none(void **state)
{
    struct fixture *fixture = *state;

    egress_asks_after_an_answer(fixture, client(2));
    assert_int_equal(votes_of(fixture, egress), 0);
}

static void answers_to_others_end_no_question(void **state)
{
    struct fixture *fixture = *state;

    egress_asks_after_an_answer(fixture, client(3));
    assert_true(votes_of(fixture, egress) > 0);
    assert_true(is_resolver(fixture, egress));
}

static void who_asks_too_late_gets_none(void **state)
{
    struct fixture *fixture = *state;

    settle(fixture, service);
    for (unsigned i = 0; i < MANY; i++)
        (void)ask(fixture, client(2), service, DNS_RD, SETTLED + i, i * MILLISECOND_NS);
    for (unsigned i = 0; i < MANY; i++)
        (void)ask(fixture, egress, server, 0, SETTLED + i, (6000 + i) * MILLISECOND_NS);
    assert_int_equal(votes_of(fixture, egress), 0);
}

/* Two services of one resolver with a thousand clients each. Of ten questions one is for a name
 * that the other service was just asked for. */
static void crowd_asks(struct fixture *fixture, unsigned rounds, unsigned from, int64_t at_ns)
{
    for (unsigned i = 0; i < rounds; i++) {
        int64_t now_ns = at_ns + i * 5 * MILLISECOND_NS;
        unsigned asked = from + 2 * i, other = i % 10 ? asked + 1 : asked;
        struct address first = client(1000 + i % 997), second = client(2000 + i % 991);

        if (i / 10 % 2) {
            struct address swapped = first;

            first = second;
            second = swapped;
        }
        (void)ask(fixture, first, i / 10 % 2 ? other_service : service, DNS_RD, asked, now_ns);
        (void)ask(fixture, second, i / 10 % 2 ? service : other_service, DNS_RD, other,
                  now_ns + MILLISECOND_NS);
        answer(fixture, service, first, asked, now_ns + 2 * MILLISECOND_NS);
        answer(fixture, other_service, first, asked, now_ns + 2 * MILLISECOND_NS);
        answer(fixture, service, second, other, now_ns + 2 * MILLISECOND_NS);
        answer(fixture, other_service, second, other, now_ns + 2 * MILLISECOND_NS);
    }
}

static unsigned egresses_of(const struct fixture *fixture, struct address of)
{
    struct address egresses[EGRESSES_MAX];

    return (unsigned)parties_egresses(fixture->parties, &of, egresses);
}

static void what_coincides_in_a_crowd_makes_no_egress(void **state)
{
    struct fixture *fixture = *state;
    unsigned with_votes = 0;

    crowd_asks(fixture, 100000, 0, 0);
    for (unsigned i = 1000; i < 3000; i++) {
        with_votes += votes_of(fixture, client(i)) > 0;
        assert_false(is_resolver(fixture, client(i)));
    }
    assert_true(with_votes > 100); /* there was something to be taken for more than it is */
    assert_int_equal(egresses_of(fixture, service), 0);
    assert_int_equal(egresses_of(fixture, other_service), 0);
}

/* The egress asks the other service for all that clients ask the service for. */
static void service_forwards(struct fixture *fixture, unsigned questions, unsigned from,
                             int64_t at_ns)
{
    for (unsigned i = 0; i < questions; i++) {
        int64_t now_ns = at_ns + i * 10 * MILLISECOND_NS;

        (void)ask(fixture, client(1000 + i % 1000), service, DNS_RD, from + i, now_ns);
        (void)ask(fixture, egress, other_service, DNS_RD, from + i, now_ns + 1000);
        answer(fixture, other_service, egress, from + i, now_ns + 2000);
        answer(fixture, service, client(1000 + i % 1000), from + i, now_ns + 3000);
    }
}

static void who_forwards_all_questions_stands_out_of_a_crowd(void **state)
{
    struct fixture *fixture = *state;
    int64_t begin_ns = 2 * MINUTE_NS;

    crowd_asks(fixture, 10000, 0, 0);
    service_forwards(fixture, MANY, 20000, begin_ns);
    assert_true(is_resolver(fixture, egress));
    assert_int_equal(egresses_of(fixture, service), 1);
    assert_false(is_resolver(fixture, client(1000)));
}

static void who_forwards_again_after_long_stands_out_soon(void **state)
{
    const unsigned as_client = 2000000, again = 200000;
    struct fixture *fixture = *state;

    crowd_asks(fixture, 10000, 0, 0);
    service_forwards(fixture, MANY, 20000, 2 * MINUTE_NS);
    assert_true(is_resolver(fixture, egress));
    for (unsigned i = 0; i < as_client; i++)
        (void)ask(fixture, egress, other_service, DNS_RD, 30000 + i, 3 * MINUTE_NS + i);
    assert_false(is_resolver(fixture, egress));
    service_forwards(fixture, again, 30000 + as_client, 4 * MINUTE_NS);
    assert_true(is_resolver(fixture, egress));
}

static void who_coincided_once_is_a_client_again_by_what_he_asks_next(void **state)
{
    struct fixture *fixture = *state;

    answer(fixture, service, client(1), 0, 0);
    answer(fixture, other_service, client(1), 0, 0);
    (void)ask(fixture, client(1), service, DNS_RD, 1, 0);
    (void)ask(fixture, client(2), other_service, DNS_RD, 1, MILLISECOND_NS);
    assert_true(is_resolver(fixture, client(2)));
    for (unsigned i = 2; i < SETTLED; i++)
        (void)ask(fixture, client(2), other_service, DNS_RD, i, i * MILLISECOND_NS);
    assert_false(is_resolver(fixture, client(2)));
    assert_false(ask(fixture, client(2), other_service, DNS_RD, 1, MINUTE_NS));
}

static void a_flood_of_questions_pushes_out_its_own(void **state)
{
    struct fixture *fixture = *state;

    settle(fixture, service);
    for (unsigned i = 0; i < MANY; i++)
        (void)ask(fixture, client(2), service, DNS_RD, SETTLED + i, i);
    for (unsigned i = MANY; i < 1000000; i++)
        (void)ask(fixture, client(3), service, DNS_RD, SETTLED + i, i);
    for (unsigned i = 0; i < MANY; i++)
        (void)ask(fixture, egress, server, 0, SETTLED + i, 10 * MILLISECOND_NS);
    assert_true(votes_of(fixture, egress) > 0);
}

#define OTHER_FAMILY 308915776u /* 26^6: the topmost label differs */

static void egress_asks_three(struct fixture *fixture, int64_t at_ns)
{
    for (unsigned i = 0; i < 3; i++)
        (void)ask(fixture, egress, numbered(12, i), 0, i * OTHER_FAMILY, at_ns);
}

static void egress_is_answered(struct fixture *fixture, int64_t at_ns)
{
    struct exchange exchange = {
        .asker = egress, .server = server, .query_ns = START_NS, .response_ns = START_NS + at_ns};
    struct server sender = {
        .answered_edns_query_ns = NEVER, .answered_plain_query_ns = NEVER, .unheard_ns = NEVER};

    parties_see_answer_received(fixture->parties, &sender, &exchange);
}

static bool was_cut_off(const struct fixture *fixture, int64_t from_ns, int64_t to_ns)
{
    return parties_were_cut_off(fixture->parties, &egress, 1, START_NS + from_ns, START_NS + to_ns,
                                0, false);
}

static void who_gets_no_answer_is_cut_off_until_the_first(void **state)
{
    struct fixture *fixture = *state;

    egress_asks_three(fixture, 0);
    egress_is_answered(fixture, 1000 * MILLISECOND_NS);
    egress_asks_three(fixture, 1100 * MILLISECOND_NS);
    assert_true(was_cut_off(fixture, 1200 * MILLISECOND_NS, 2000 * MILLISECOND_NS));
    egress_is_answered(fixture, 3000 * MILLISECOND_NS);
    egress_is_answered(fixture, 9000 * MILLISECOND_NS);
    assert_true(was_cut_off(fixture, 1200 * MILLISECOND_NS, 2000 * MILLISECOND_NS));
    assert_false(was_cut_off(fixture, 1200 * MILLISECOND_NS, 4000 * MILLISECOND_NS));
}

static void who_is_answered_all_the_time_is_not_cut_off(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < 100; i++) {
        egress_asks_three(fixture, i * MILLISECOND_NS);
        egress_is_answered(fixture, i * MILLISECOND_NS + 1000);
    }
    assert_false(was_cut_off(fixture, 50 * MILLISECOND_NS, 60 * MILLISECOND_NS));
    assert_false(was_cut_off(fixture, 50 * MILLISECOND_NS, 99 * MILLISECOND_NS));
}

static void floods_of_strangers_leave_the_resolver(void **state)
{
    struct fixture *fixture = *state;

    settle(fixture, service);
    (void)ask(fixture, egress, server, 0, 1, 0);
    for (unsigned i = 0; i < 50000; i++) {
        (void)ask(fixture, numbered(11, i), numbered(12, i), i % 2 ? DNS_RD : 0, i, i);
        answer(fixture, numbered(13, i), numbered(11, i), i, i);
    }
    assert_non_null(parties_server(fixture->parties, &service));
    assert_non_null(parties_asker(fixture->parties, &egress));
    assert_true(is_resolver(fixture, egress));
    assert_true(parties_is_watched(fixture->parties, &service, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_busy_minute_is_told_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clients_are_told_from_resolvers_and_take_no_room, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_asks_for_what_a_service_was_asked_gets_votes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_asks_after_the_answer_gets_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_to_others_end_no_question, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_asks_too_late_gets_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_coincides_in_a_crowd_makes_no_egress, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_forwards_all_questions_stands_out_of_a_crowd, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_forwards_again_after_long_stands_out_soon, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_coincided_once_is_a_client_again_by_what_he_asks_next,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_of_questions_pushes_out_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_gets_no_answer_is_cut_off_until_the_first, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_is_answered_all_the_time_is_not_cut_off, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(floods_of_strangers_leave_the_resolver, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
