#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/flight.h"
#include "correlate/join.h"
#include "decode/flow_hash.h"
#include "decode/hash.h"

#define MEMORY  (UINT64_C(1) << 20)
#define FLOODER 1

struct question {
    uint32_t client;
    uint16_t id;
    unsigned number; /* stands in the name */
    uint8_t name_bytes;
    bool is_response;
};

static uint8_t wire[NAME_MAX_BYTES];

/* A name of one-octet labels that say the number, as long as is wanted (odd). */
static void name_of(struct name *name, unsigned number, uint8_t size_bytes)
{
    name->size_bytes = size_bytes;
    for (unsigned i = 0; i + 1 < size_bytes; i += 2) {
        name->bytes[i] = 1;
        name->bytes[i + 1] = (uint8_t)('a' + number % 26);
        number /= 26;
    }
    name->bytes[size_bytes - 1] = 0;
}

static struct event event_of(struct question question, int64_t time_ns)
{
    struct event event = {.kind = EVENT_DNS, .time_ns = time_ns};
    struct address client = address_from_ipv4((const uint8_t *)&question.client);
    struct address resolver = address_from_ipv4((const uint8_t[4]){192, 0, 2, 53});
    struct dns_message *message = &event.dns;

    event.flow = question.is_response ? (struct flow){resolver, client, 53, 5000}
                                      : (struct flow){client, resolver, 5000, 53};
    message->id = question.id;
    message->flags = question.is_response ? DNS_QR : DNS_RD;
    message->qtype = 1;
    message->qclass = 1;
    name_of(&message->qname, question.number, question.name_bytes ? question.name_bytes : 15);
    message->qname_wire = wire;
    message->qname_hash = hash_bytes(message->qname.bytes, message->qname.size_bytes);
    message->exchange_hash =
        exchange_hash(&event.flow, question.is_response, TRANSPORT_UDP, question.id);
    return event;
}

static struct flight *ask(struct flights *flights, struct question question, int64_t time_ns)
{
    struct event event = event_of(question, time_ns);

    return flights_query(flights, &event);
}

static struct flight *answered(struct flights *flights, struct question question, int64_t time_ns)
{
    struct event event;

    question.is_response = true;
    event = event_of(question, time_ns);
    return flights_join(flights, &event);
}

static struct question numbered(uint32_t client, unsigned number)
{
    return (struct question){.client = client, .id = (uint16_t)number, .number = number};
}

static struct table_fill fill_of(const struct flights *flights)
{
    struct table_fill fill = {0};

    flights_count(flights, &fill);
    return fill;
}

static void an_answer_finds_its_question_among_thousands(void **state)
{
    struct flights *flights = flights_new(16 * MEMORY);

    (void)state;
    for (unsigned i = 0; i < 20000; i++)
        ask(flights, numbered(i, i), i);
    assert_int_equal(fill_of(flights).used, 20000);
    for (unsigned i = 0; i < 20000; i += 2)
        flights_remove(flights, answered(flights, numbered(i, i), i));
    for (unsigned i = 0; i < 20000; i++) {
        struct flight *flight = answered(flights, numbered(i, i), i);

        assert_true(i % 2 ? flight && flight->query_ns == (int64_t)i : !flight);
    }
    assert_int_equal(flights_oldest(flights)->query_ns, 1);
    flights_free(flights);
}

static void questions_with_the_same_id_and_port_are_told_apart(void **state)
{
    struct flights *flights = flights_new(MEMORY);
    struct question one = {.client = 7, .id = 9, .number = 1}, other = one, third = one;
    struct flight *first, *second;

    (void)state;
    other.number = 2;
    third.number = 3;
    first = ask(flights, one, 10);
    second = ask(flights, other, 20);
    assert_ptr_not_equal(first, second);
    assert_ptr_equal(answered(flights, one, 30), first);
    assert_ptr_equal(answered(flights, other, 30), second);
    assert_null(answered(flights, third, 30));
    flights_remove(flights, first);
    assert_null(answered(flights, one, 30));
    assert_ptr_equal(answered(flights, other, 30), second);
    flights_free(flights);
}

static void a_retransmission_belongs_to_the_question_that_waits(void **state)
{
    struct flights *flights = flights_new(MEMORY);
    struct question question = {.client = 7, .id = 9};
    struct flight *flight = ask(flights, question, 0);

    (void)state;
    assert_ptr_equal(ask(flights, question, 5 * SECOND_NS), flight);
    assert_int_equal(flight->transmissions, 2);
    assert_int_equal(flight->query_ns, 0);
    assert_int_equal(flight->last_query_ns, 5 * SECOND_NS);
    assert_ptr_not_equal(ask(flights, question, 60 * SECOND_NS), flight);
    flights_free(flights);
}

static void a_query_behind_its_answer_in_the_capture_belongs_to_it(void **state)
{
    struct flights *flights = flights_new(MEMORY);
    struct question question = {.client = 7, .id = 9, .is_response = true};
    struct event event = event_of(question, MILLISECOND_NS);
    struct flight *flight = flights_add_unasked(flights, &event);

    (void)state;
    flight->responded = true;
    flight->response_ns = event.time_ns;
    question.is_response = false;
    assert_ptr_equal(ask(flights, question, 2 * MILLISECOND_NS), flight);
    assert_int_equal(flight->query_ns, 2 * MILLISECOND_NS);
    flights_free(flights);
}

static void answers_to_ever_other_questions_under_one_key_are_kept_within_bounds(void **state)
{
    struct flights *flights = flights_new(MEMORY);

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        struct event event =
            event_of((struct question){.client = 7, .id = 9, .number = i, .is_response = true}, i);
        struct flight *flight = flights_add_unasked(flights, &event);

        flight->responded = true;
        flight->response_ns = event.time_ns;
    }
    assert_int_equal(fill_of(flights).used, SAME_KEY_MAX);
    assert_int_equal(flights_oldest(flights)->response_ns, 1000 - SAME_KEY_MAX);
    flights_free(flights);
}

static void a_flood_pushes_out_itself(void **state)
{
    struct flights *flights = flights_new(MEMORY);
    uint64_t capacity = fill_of(flights).capacity;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        ask(flights, numbered(100 + i, i), i);
    for (unsigned i = 0; i < 5 * capacity; i++)
        ask(flights, numbered(FLOODER, i), 100 + i);
    for (unsigned i = 0; i < 100; i++)
        assert_non_null(answered(flights, numbered(100 + i, i), 0));
    assert_int_equal(fill_of(flights).used + fill_of(flights).evicted, 100 + 5 * capacity);
    assert_true(fill_of(flights).used >= capacity / 2);
    assert_null(answered(flights, numbered(FLOODER, 0), 0));
    assert_non_null(answered(flights, numbered(FLOODER, (unsigned)(5 * capacity - 1)), 0));
    flights_free(flights);
}

static void of_a_crowd_the_oldest_go(void **state)
{
    struct flights *flights = flights_new(MEMORY);
    unsigned total = (unsigned)(3 * fill_of(flights).capacity);

    (void)state;
    for (unsigned i = 0; i < total; i++)
        ask(flights, numbered(i, i), i);
    assert_int_equal(flights_oldest(flights)->query_ns, total - fill_of(flights).used);
    flights_free(flights);
}

static void long_names_are_kept_whole_and_within_bounds(void **state)
{
    static const uint8_t sizes[] = {1, 15, 47, 49, 79, 81, 255};
    struct flights *flights = flights_new(MEMORY);
    uint64_t capacity = fill_of(flights).capacity;
    struct exchange exchange;

    (void)state;
    for (unsigned i = 0; i < sizeof(sizes); i++) {
        struct question question = {.client = 7, .id = 1, .number = i, .name_bytes = sizes[i]};
        struct event event = event_of(question, 0);
        struct name name;

        flight_expand(flights_query(flights, &event), &exchange);
        exchange_name(&exchange, &name);
        assert_int_equal(name.size_bytes, sizes[i]);
        assert_memory_equal(name.bytes, event.dns.qname.bytes, sizes[i]);
    }
    for (unsigned i = 0; i < 2 * capacity; i++)
        ask(flights,
            (struct question){.client = 7, .id = (uint16_t)i, .number = i, .name_bytes = 255}, 0);
    assert_true(fill_of(flights).used * 255 <= MEMORY / 8 + 255);
    flights_free(flights);
}

static void what_is_too_old_goes_oldest_first(void **state)
{
    struct flights *flights = flights_new(MEMORY);

    (void)state;
    ask(flights, numbered(1, 1), 0);
    ask(flights, numbered(2, 2), SECOND_NS);
    assert_null(flights_expired(flights, RETENTION_NS));
    assert_int_equal(flights_expired(flights, RETENTION_NS + 1)->query_ns, 0);
    flights_remove(flights, flights_expired(flights, RETENTION_NS + 1));
    assert_null(flights_expired(flights, RETENTION_NS + 1));
    flights_free(flights);
}

/* However many others come and go between. */
static void who_waits_for_long_is_told_of_once(void **state)
{
    struct flights *flights = flights_new(MEMORY);
    unsigned wait_of = 1000, total = (unsigned)(10 * fill_of(flights).capacity);
    int64_t told_ns = -(int64_t)wait_of;

    (void)state;
    for (unsigned i = 0; i < total; i++) {
        struct flight *flight = ask(flights, numbered(i, i), i), *slow;

        if (i % wait_of != 0)
            flights_remove(flights, flight);
        while ((slow = flights_slow(flights, (int64_t)i - 500)) != NULL) {
            assert_int_equal(slow->query_ns, told_ns + wait_of);
            told_ns = slow->query_ns;
        }
    }
    assert_true(told_ns + wait_of + 500 >= total - 1);
    flights_free(flights);
}

static void who_stays_keeps_his_place_among_very_many_who_go(void **state)
{
    struct flights *flights = flights_new(MEMORY);
    unsigned stay_of = 1000, total = (unsigned)(10 * fill_of(flights).capacity);
    int64_t next_ns = 0;

    (void)state;
    for (unsigned i = 0; i < total; i++) {
        struct flight *flight = ask(flights, numbered(i, i), i);

        if (i % stay_of != 0)
            flights_remove(flights, flight);
    }
    assert_int_equal(fill_of(flights).evicted, 0);
    assert_int_equal(fill_of(flights).used, (total + stay_of - 1) / stay_of);
    for (; flights_oldest(flights); next_ns += stay_of) {
        assert_int_equal(flights_oldest(flights)->query_ns, next_ns);
        flights_remove(flights,
                       answered(flights, numbered((uint32_t)next_ns, (unsigned)next_ns), 0));
    }
    assert_true(next_ns >= total);
    flights_free(flights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_finds_its_question_among_thousands),
        cmocka_unit_test(questions_with_the_same_id_and_port_are_told_apart),
        cmocka_unit_test(a_retransmission_belongs_to_the_question_that_waits),
        cmocka_unit_test(a_query_behind_its_answer_in_the_capture_belongs_to_it),
        cmocka_unit_test(answers_to_ever_other_questions_under_one_key_are_kept_within_bounds),
        cmocka_unit_test(a_flood_pushes_out_itself),
        cmocka_unit_test(of_a_crowd_the_oldest_go),
        cmocka_unit_test(long_names_are_kept_whole_and_within_bounds),
        cmocka_unit_test(what_is_too_old_goes_oldest_first),
        cmocka_unit_test(who_waits_for_long_is_told_of_once),
        cmocka_unit_test(who_stays_keeps_his_place_among_very_many_who_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
