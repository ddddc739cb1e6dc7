#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/exchange.h"
#include "correlate/join.h"
#include "decode/codes.h"
#include "decode/flow_hash.h"
#include "decode/hash.h"

#define MEMORY (UINT64_C(3) << 19)
/* So many that end well are no matter of a moment any more. */
#define MANY 2000

struct asked {
    unsigned number; /* stands in the name */
    uint8_t name_bytes;
    uint16_t id;
    bool ipv6;
    unsigned queries; /* how often it was sent, 1 s apart; 0: once */
    int64_t time_ns;
    int64_t answered_after_ns;
    uint64_t frame;
    uint32_t answer_source;
    uint8_t alias_bytes; /* of the name that the answer leads to; 0: it leads nowhere */
    uint16_t wire_bytes; /* to be kept */
    uint64_t name_hash;  /* 0: as it is */
};

static uint8_t wire[512];

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

static void name_of_asked(struct name *name, const struct asked *asked)
{
    name_of(name, asked->number, asked->name_bytes ? asked->name_bytes : 15);
}

static uint64_t hash_of(const struct asked *asked, const struct name *name)
{
    return asked->name_hash ? asked->name_hash : hash_bytes(name->bytes, name->size_bytes);
}

static struct event event_of(const struct asked *asked, bool is_response)
{
    struct event event = {.kind = EVENT_DNS, .time_ns = asked->time_ns, .frame = asked->frame};
    struct dns_message *message = &event.dns;
    struct address asker, server;

    if (asked->ipv6) {
        asker = address_from_ipv6((const uint8_t[16]){0x20, 1, 0xd, 0xb8, [15] = 1});
        server = address_from_ipv6((const uint8_t[16]){0x20, 1, 0xd, 0xb8, [15] = 2});
    } else {
        asker = address_from_ipv4((const uint8_t[4]){192, 0, 2, 53});
        server = address_from_ipv4((const uint8_t[4]){198, 51, 100, 1});
    }
    event.flow = is_response ? (struct flow){server, asker, 53, 5000}
                             : (struct flow){asker, server, 5000, 53};
    message->id = asked->id;
    message->flags = is_response ? DNS_QR | DNS_AA : 0;
    message->qtype = TYPE_A;
    message->qclass = 1;
    name_of_asked(&message->qname, asked);
    message->qname_wire = wire;
    message->qname_hash = hash_of(asked, &message->qname);
    message->exchange_hash = exchange_hash(&event.flow, is_response, TRANSPORT_UDP, asked->id);
    message->wire = wire;
    message->size_bytes = asked->wire_bytes;
    if (is_response) {
        event.time_ns += asked->answered_after_ns;
        event.frame += 1;
        event.source = asked->answer_source;
    }
    memset(wire, (int)asked->number, sizeof(wire));
    memcpy(wire, message->qname.bytes, message->qname.size_bytes);
    return event;
}

static void ask(struct exchange_table *table, const struct asked *asked)
{
    struct event event = event_of(asked, false);

    exchange_query(table, &event);
    for (unsigned i = 1; i < asked->queries; i++) {
        event.time_ns += SECOND_NS;
        exchange_query(table, &event);
    }
}

enum answered { NEVER_ASKED, ANSWERED, ANSWERED_AGAIN };

static enum answered answer(struct exchange_table *table, const struct asked *asked)
{
    struct event event = event_of(asked, true);
    struct exchange *exchange = exchange_response(table, exchange_find(table, &event), &event);
    struct answer says = {.kind = ANSWER_DATA, .authority_labels = 2};

    if (!exchange)
        return NEVER_ASKED;
    if (exchange->responded)
        return ANSWERED_AGAIN;
    if (asked->alias_bytes) {
        says.kind = ANSWER_ALIAS;
        says.chained = true;
        name_of(&says.target, asked->number + 1, asked->alias_bytes);
    }
    exchange_set_answer(table, exchange, &event, &says);
    if (asked->wire_bytes)
        exchange_keep_wire(table, exchange, &event);
    exchange_put_away(table, exchange);
    return ANSWERED;
}

static void ask_and_answer(struct exchange_table *table, const struct asked *asked)
{
    ask(table, asked);
    assert_int_equal(answer(table, asked), ANSWERED);
}

/* Others, that end well later. */
static void crowd(struct exchange_table *table, unsigned count, int64_t time_ns)
{
    for (unsigned i = 0; i < count; i++)
        ask_and_answer(table, &(struct asked){.number = 1000000 + i,
                                              .id = (uint16_t)i,
                                              .time_ns = time_ns,
                                              .answered_after_ns = MILLISECOND_NS});
}

static void walk_begin(struct exchange_walk *walk, const struct exchange_table *table,
                       const struct asked *asked)
{
    static struct exchange room;
    struct name name;

    name_of_asked(&name, asked);
    exchange_walk_begin(walk, table, hash_of(asked, &name), name.bytes, name.size_bytes, &room);
}

static unsigned count_of(const struct exchange_table *table, const struct asked *asked)
{
    struct exchange_walk walk;
    unsigned count = 0;

    walk_begin(&walk, table, asked);
    while (exchange_walk_next(&walk))
        count++;
    return count;
}

static struct table_fill fill_of(const struct exchange_table *table)
{
    struct table_fill fill = {0};

    exchange_table_count(table, &fill);
    return fill;
}

/* What may be asked again, and what is not as most are. */
static const struct asked variants[] = {
    {.number = 1, .id = 1, .answered_after_ns = 20 * MILLISECOND_NS},
    {.number = 2, .id = 2, .answered_after_ns = 1, .wire_bytes = 400},
    {.number = 3, .id = 3, .answered_after_ns = 1, .ipv6 = true},
    {.number = 4, .id = 4, .answered_after_ns = 1, .name_bytes = 255},
    {.number = 5, .id = 5, .answered_after_ns = 1, .alias_bytes = 15},
    {.number = 6, .id = 6, .answered_after_ns = 1, .name_bytes = 255, .alias_bytes = 255},
    {.number = 7, .id = 7, .answered_after_ns = 5 * SECOND_NS},
    {.number = 8, .id = 8, .answered_after_ns = 2 * SECOND_NS, .queries = 2},
    {.number = 9, .id = 9, .answered_after_ns = 1, .frame = UINT64_C(1) << 50},
    {.number = 10, .id = 10, .answered_after_ns = 1, .answer_source = 3},
    {.number = 11,
     .id = 11,
     .answered_after_ns = 1,
     .answer_source = 3,
     .ipv6 = true,
     .name_bytes = 101,
     .alias_bytes = 103,
     .wire_bytes = 100,
     .queries = 3},
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static void assert_says(const struct exchange *exchange, const struct asked *asked)
{
    struct event query = event_of(asked, false), response = event_of(asked, true);
    struct name name;

    assert_non_null(exchange);
    assert_int_equal(exchange->query_ns, query.time_ns);
    assert_int_equal(exchange->last_query_ns,
                     query.time_ns + (asked->queries ? asked->queries - 1 : 0) * SECOND_NS);
    assert_int_equal(exchange->transmissions, asked->queries ? asked->queries : 1);
    assert_true(exchange->responded);
    assert_int_equal(exchange->response_ns, response.time_ns);
    assert_int_equal(exchange->query_frame, query.frame);
    assert_int_equal(exchange->response_frame, response.frame);
    assert_int_equal(exchange->query_source, query.source);
    assert_int_equal(exchange->response_source, response.source);
    assert_true(address_equal(&exchange->asker, &query.flow.source));
    assert_true(address_equal(&exchange->server, &query.flow.destination));
    assert_int_equal(exchange->asker_port, 5000);
    assert_int_equal(exchange->id, asked->id);
    assert_int_equal(exchange->qtype, TYPE_A);
    assert_int_equal(exchange->qclass, 1);
    assert_int_equal(exchange->response_flags, DNS_QR | DNS_AA);
    assert_int_equal(exchange->authority_labels, 2);
    assert_int_equal(exchange->kind, asked->alias_bytes ? ANSWER_ALIAS : ANSWER_DATA);
    assert_int_equal(exchange->signals, asked->alias_bytes ? SIGNAL_CHAINED : 0);
    exchange_name(exchange, &name);
    assert_true(name_equal(&name, &query.dns.qname));
    assert_int_equal(exchange->name_hash, query.dns.qname_hash);
    if (asked->alias_bytes) {
        name_of(&name, asked->number + 1, asked->alias_bytes);
        assert_true(name_equal(exchange->alias, &name));
    } else {
        assert_null(exchange->alias);
    }
}

/* All that ended well, with its octets, and nothing else of its name. */
static void assert_kept(const struct exchange_table *table, const struct asked *asked)
{
    const struct exchange *exchange;
    struct exchange_walk walk;

    walk_begin(&walk, table, asked);
    exchange = exchange_walk_next(&walk);
    assert_says(exchange, asked);
    assert_int_not_equal(exchange->place, 0);
    assert_int_equal(exchange_wire(table, exchange) != NULL, asked->wire_bytes > 0);
    if (asked->wire_bytes) {
        event_of(asked, true);
        assert_int_equal(exchange->wire_bytes, asked->wire_bytes);
        assert_memory_equal(exchange_wire(table, exchange), wire, asked->wire_bytes);
    }
    assert_null(exchange_walk_next(&walk));
}

static void what_ended_well_is_told_the_same_later(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    const int64_t begin_ns = 1000 * SECOND_NS;

    (void)state;
    for (unsigned later = 0; later < 2; later++) {
        for (size_t i = 0; i < VARIANTS; i++) {
            struct asked asked = variants[i];

            asked.time_ns = begin_ns;
            if (!later)
                ask_and_answer(table, &asked);
            assert_kept(table, &asked);
        }
        crowd(table, MANY, begin_ns);
    }
    exchange_table_free(table);
}

static void want(struct exchange_table *table, const struct asked *asked, int64_t time_ns)
{
    struct name name;

    name_of_asked(&name, asked);
    exchange_want(table, hash_of(asked, &name), name.bytes, name.size_bytes, time_ns);
}

static void what_is_wanted_is_there_when_the_others_are_gone(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    const struct asked other = {.number = 100, .time_ns = SECOND_NS, .answered_after_ns = 1};

    (void)state;
    ask_and_answer(table, &other);
    for (size_t i = 0; i < VARIANTS; i++) {
        struct asked asked = variants[i];

        asked.time_ns = SECOND_NS;
        ask_and_answer(table, &asked);
        want(table, &asked, SECOND_NS);
    }
    crowd(table, 50 * MANY, SECOND_NS);
    for (size_t i = 0; i < VARIANTS; i++) {
        struct asked asked = variants[i];

        asked.time_ns = SECOND_NS;
        assert_kept(table, &asked);
    }
    assert_int_equal(count_of(table, &other), 0);
    assert_int_equal(exchange_lost_wanted_ns(table), NEVER);
    exchange_table_free(table);
}

static void what_is_wanted_no_more_goes_like_the_others(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked asked = {.number = 100, .time_ns = SECOND_NS, .answered_after_ns = 1};
    const struct asked other = {.number = 7};

    (void)state;
    want(table, &asked, SECOND_NS);
    want(table, &other, 150 * SECOND_NS);
    want(table, &other, 300 * SECOND_NS);
    asked.time_ns = 300 * SECOND_NS;
    ask_and_answer(table, &asked);
    crowd(table, 50 * MANY, 300 * SECOND_NS);
    assert_int_equal(count_of(table, &asked), 0);
    exchange_table_free(table);
}

static void who_waits_for_long_is_told_of_once(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked asked = {.id = 1, .answered_after_ns = MILLISECOND_NS};
    struct exchange *slow;

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        asked.number = i;
        asked.time_ns = i * SECOND_NS;
        ask(table, &asked);
        if (i % 2 != 0)
            assert_int_equal(answer(table, &asked), ANSWERED);
    }
    assert_null(exchange_slow(table, 0));
    for (unsigned i = 0; i <= 2; i += 2) {
        slow = exchange_slow(table, 4 * SECOND_NS);
        assert_int_equal(slow->query_ns, i * SECOND_NS);
    }
    assert_null(exchange_slow(table, 4 * SECOND_NS));
    assert_int_equal(exchange_slow(table, 10 * SECOND_NS)->query_ns, 4 * SECOND_NS);
    assert_null(exchange_slow(table, 10 * SECOND_NS));
    asked.number = 6;
    asked.time_ns = 6 * SECOND_NS;
    ask(table, &asked);
    assert_int_equal(exchange_slow(table, 10 * SECOND_NS)->query_ns, 6 * SECOND_NS);
    exchange_table_free(table);
}

static void what_failed_stays_when_much_ended_well(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked asked = {.number = 1, .id = 1, .time_ns = SECOND_NS};
    struct exchange_walk walk;

    (void)state;
    ask(table, &asked);
    crowd(table, 50 * MANY, SECOND_NS);
    walk_begin(&walk, table, &asked);
    assert_false(exchange_walk_next(&walk)->responded);
    assert_int_equal(exchange_lost_unwell_ns(table), NEVER);
    exchange_table_free(table);
}

static void the_oldest_make_room_and_the_youngest_of_them_is_known(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    unsigned asked = 0, kept = 0;
    struct table_fill fill;
    bool gone = false;

    (void)state;
    for (; asked < 20 * MANY; asked++) {
        struct asked one = {.number = asked,
                            .name_bytes = (uint8_t)(15 + asked % 120 * 2),
                            .id = (uint16_t)asked,
                            .time_ns = asked * MILLISECOND_NS};

        ask_and_answer(table, &one);
    }
    for (unsigned i = asked; i-- > 0;) {
        struct asked one = {.number = i, .name_bytes = (uint8_t)(15 + i % 120 * 2)};

        if (count_of(table, &one) == 0) {
            if (!gone)
                assert_int_equal(exchange_lost_well_ns(table), i * MILLISECOND_NS);
            gone = true;
        } else {
            assert_false(gone);
            kept++;
        }
    }
    fill = fill_of(table);
    assert_true(gone);
    assert_in_range(kept, MANY / 4, MANY);
    assert_int_equal(fill.used, kept);
    assert_int_equal(fill.evicted, asked - kept);
    assert_true(fill.capacity >= fill.used);
    exchange_table_free(table);
}

static void a_name_is_walked_from_the_newest_to_the_oldest(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked asked = {.number = 1};
    const struct exchange *exchange;
    struct exchange_walk walk;
    unsigned count = 0, logged = 0;

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        asked.id = (uint16_t)(30000 + i);
        asked.time_ns = i * SECOND_NS / 10;
        ask(table, &asked);
        if (i % 10)
            assert_int_equal(answer(table, &asked), ANSWERED);
        crowd(table, 4, asked.time_ns);
    }
    walk_begin(&walk, table, &asked);
    while ((exchange = exchange_walk_next(&walk)) != NULL) {
        count++;
        logged += exchange->place != 0;
        assert_int_equal(exchange->query_ns, (400 - count) * SECOND_NS / 10);
        assert_int_equal(exchange->responded, (400 - count) % 10 != 0);
    }
    assert_int_equal(count, 400);
    assert_int_equal(logged, 360);
    exchange_table_free(table);
}

/* So many that some buckets have more names than cells. */
static void no_name_stands_in_the_way_of_another(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);

    (void)state;
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 1000; i++)
            ask_and_answer(table, &(struct asked){.number = i, .id = (uint16_t)i});
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(count_of(table, &(struct asked){.number = i}), 2);
    assert_int_equal(count_of(table, &(struct asked){.number = 1000}), 0);
    exchange_table_free(table);
}

/* But for a few bits in the middle. */
static struct asked nearly_alike(unsigned number)
{
    return (struct asked){
        .number = number, .id = (uint16_t)number, .name_hash = (uint64_t)(number + 1) << 24};
}

static void names_whose_hashes_nearly_agree_are_told_apart(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked asked;

    (void)state;
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < 100; i++) {
            asked = nearly_alike(i);
            ask_and_answer(table, &asked);
        }
    for (unsigned i = 0; i < 100; i++) {
        asked = nearly_alike(i);
        assert_int_equal(count_of(table, &asked), 3);
    }
    asked = nearly_alike(100);
    assert_int_equal(count_of(table, &asked), 0);
    exchange_table_free(table);
}

static void an_answer_that_comes_twice_is_known_long_after(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked asked = {.number = 1, .id = 7, .time_ns = SECOND_NS};
    struct asked other = {.number = 1, .id = 8, .time_ns = SECOND_NS};
    struct asked reused = {.number = 2, .id = 7, .time_ns = 2 * SECOND_NS};
    struct event event = event_of(&asked, true);
    struct exchange_walk walk;

    (void)state;
    ask_and_answer(table, &asked);
    crowd(table, MANY / 2, SECOND_NS);
    assert_non_null(exchange_find(table, &event));
    assert_int_equal(answer(table, &asked), ANSWERED_AGAIN);
    assert_int_equal(count_of(table, &asked), 1);
    /* Nor does it speak against a question that has its port and ID now. */
    ask(table, &reused);
    assert_int_equal(answer(table, &asked), ANSWERED_AGAIN);
    walk_begin(&walk, table, &reused);
    assert_int_equal(exchange_walk_next(&walk)->mismatch, 0);

    event = event_of(&other, true);
    assert_null(exchange_find(table, &event));
    assert_false(exchange_response(table, exchange_find(table, &event), &event)->responded);
    exchange_table_free(table);
}

static void what_was_walked_over_stays_where_it_was_made(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked asked = {.number = 1, .answered_after_ns = MILLISECOND_NS};
    struct exchange rooms[4];
    struct exchange_walk walk;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        asked.id = (uint16_t)i;
        asked.time_ns = i * SECOND_NS;
        ask_and_answer(table, &asked);
    }
    crowd(table, 2000, 4 * SECOND_NS);
    walk_begin(&walk, table, &asked);
    for (unsigned i = 0; i < 4; i++) {
        walk.room = &rooms[i];
        assert_ptr_equal(exchange_walk_next(&walk), &rooms[i]);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(rooms[i].id, 3 - i);
    exchange_table_free(table);
}

static void only_a_label_that_is_an_underscore_makes_a_name_underscored(void **state)
{
    static const char *const plain[] = {"example.com", "_dmarc.example.com", "a._.com", "."};
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct event event = event_of(&(struct asked){.number = 1}, false);

    (void)state;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        assert_int_equal(name_from_text(&event.dns.qname, plain[i]), 0);
        exchange_query(table, &event);
        event.dns.exchange_hash++;
        assert_false(exchange_any_underscored(table));
    }
    assert_int_equal(name_from_text(&event.dns.qname, "_.example.com"), 0);
    exchange_query(table, &event);
    assert_true(exchange_any_underscored(table));
    exchange_table_free(table);
}

static void a_query_behind_its_answer_is_joined_to_it(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked asked = {.number = 1, .id = 1, .time_ns = SECOND_NS};
    struct asked late = {.number = 2, .id = 2, .time_ns = SECOND_NS};
    const struct exchange *exchange;
    struct exchange_walk walk;

    (void)state;
    assert_int_equal(answer(table, &asked), ANSWERED);
    assert_int_equal(answer(table, &late), ANSWERED);
    asked.time_ns += QUERY_TIE_NS;
    ask(table, &asked);
    walk_begin(&walk, table, &asked);
    exchange = exchange_walk_next(&walk);
    assert_int_equal(exchange->query_ns, SECOND_NS + QUERY_TIE_NS);
    assert_int_equal(exchange->response_ns, SECOND_NS);
    assert_null(exchange_walk_next(&walk));

    late.time_ns += QUERY_TIE_NS + 1;
    ask(table, &late);
    walk_begin(&walk, table, &late);
    assert_false(exchange_walk_next(&walk)->responded);
    assert_int_equal(exchange_walk_next(&walk)->query_ns, NEVER);
    exchange_table_free(table);
}

static void what_is_told_of_an_answer_soon_is_kept_with_it(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);

    (void)state;
    for (size_t i = 0; i < VARIANTS; i++) {
        struct asked asked = variants[i];
        const struct flow flow = event_of(&asked, false).flow;
        const struct exchange *exchange;
        struct exchange_walk walk;

        asked.id = (uint16_t)(30000 + i); /* nobody's in the crowd */
        assert_false(
            exchange_mark_answered(table, &flow, TRANSPORT_UDP, asked.id, SIGNAL_GIVEN_UP));
        ask_and_answer(table, &asked);
        crowd(table, 100, 0);
        assert_true(exchange_mark_answered(table, &flow, TRANSPORT_UDP, asked.id, SIGNAL_GIVEN_UP));
        walk_begin(&walk, table, &asked);
        exchange = exchange_walk_next(&walk);
        assert_int_equal(exchange->signals,
                         SIGNAL_GIVEN_UP | (asked.alias_bytes ? SIGNAL_CHAINED : 0));
        crowd(table, MANY, 0);
        assert_false(exchange_mark_answered(table, &flow, TRANSPORT_UDP, asked.id, 0));
    }
    exchange_table_free(table);
}

static void answers_to_ever_other_questions_under_one_key_are_kept_within_bounds(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        struct event event = event_of(&(struct asked){.number = i, .id = 1, .time_ns = i}, true);

        exchange_add_unasked(table, &event)->response_ns = event.time_ns;
    }
    assert_int_equal(fill_of(table).used, SAME_KEY_MAX);
    assert_int_equal(exchange_oldest(table)->response_ns, 1000 - SAME_KEY_MAX);
    exchange_table_free(table);
}

static void what_is_too_old_or_of_another_clock_goes(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);
    struct asked early = {.number = 1, .time_ns = SECOND_NS};
    struct asked late = {.number = 2, .time_ns = 100 * SECOND_NS};
    struct asked failed = {.number = 3, .time_ns = 100 * SECOND_NS};
    struct exchange *exchange;

    (void)state;
    ask_and_answer(table, &early);
    crowd(table, 300, 2 * SECOND_NS);
    ask_and_answer(table, &late);
    ask(table, &failed);
    crowd(table, 300, 101 * SECOND_NS);
    assert_int_equal(fill_of(table).used, 603);
    assert_null(exchange_expired(table, SECOND_NS + RETENTION_NS));
    assert_int_equal(count_of(table, &early), 1);

    assert_null(exchange_expired(table, 3 * SECOND_NS + RETENTION_NS));
    assert_int_equal(count_of(table, &early), 0);
    assert_int_equal(count_of(table, &late), 1);
    assert_int_equal(fill_of(table).used, 302);

    exchange = exchange_expired(table, 10 * SECOND_NS);
    assert_non_null(exchange);
    exchange_remove(table, exchange);
    assert_null(exchange_expired(table, 10 * SECOND_NS));
    assert_int_equal(count_of(table, &late), 0);
    assert_int_equal(fill_of(table).used, 0);
    assert_int_equal(fill_of(table).evicted, 0);
    assert_int_equal(exchange_lost_well_ns(table), NEVER);
    exchange_table_free(table);
}

/* Else what was lost before would seem to be lost in the middle of all that comes. */
static void what_was_lost_before_the_clock_was_set_back_was_not_lost_later(void **state)
{
    struct exchange_table *table = exchange_table_new(MEMORY);

    (void)state;
    crowd(table, 50 * MANY, 3600 * SECOND_NS);
    for (unsigned i = 0; i < 10 * MANY; i++) {
        struct asked open = {.number = i, .id = (uint16_t)i, .time_ns = 3600 * SECOND_NS};

        ask(table, &open);
    }
    assert_int_equal(exchange_lost_well_ns(table), 3600 * SECOND_NS);
    assert_int_equal(exchange_lost_unwell_ns(table), 3600 * SECOND_NS);
    exchange_table_set_back(table, 1000 * SECOND_NS);
    assert_int_equal(exchange_lost_well_ns(table), 1000 * SECOND_NS);
    assert_int_equal(exchange_lost_unwell_ns(table), 1000 * SECOND_NS);
    assert_int_equal(exchange_lost_wanted_ns(table), NEVER);
    exchange_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ended_well_is_told_the_same_later),
        cmocka_unit_test(what_is_wanted_is_there_when_the_others_are_gone),
        cmocka_unit_test(what_is_wanted_no_more_goes_like_the_others),
        cmocka_unit_test(who_waits_for_long_is_told_of_once),
        cmocka_unit_test(what_failed_stays_when_much_ended_well),
        cmocka_unit_test(the_oldest_make_room_and_the_youngest_of_them_is_known),
        cmocka_unit_test(a_name_is_walked_from_the_newest_to_the_oldest),
        cmocka_unit_test(what_was_walked_over_stays_where_it_was_made),
        cmocka_unit_test(only_a_label_that_is_an_underscore_makes_a_name_underscored),
        cmocka_unit_test(no_name_stands_in_the_way_of_another),
        cmocka_unit_test(names_whose_hashes_nearly_agree_are_told_apart),
        cmocka_unit_test(an_answer_that_comes_twice_is_known_long_after),
        cmocka_unit_test(a_query_behind_its_answer_is_joined_to_it),
        cmocka_unit_test(what_is_told_of_an_answer_soon_is_kept_with_it),
        cmocka_unit_test(answers_to_ever_other_questions_under_one_key_are_kept_within_bounds),
        cmocka_unit_test(what_is_too_old_or_of_another_clock_goes),
        cmocka_unit_test(what_was_lost_before_the_clock_was_set_back_was_not_lost_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
