/* The short way of plain packets leads to where the long one does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/decoder.h"
#include "decode/layers.h"

/* www.Example.com/A, without checksums; padded as Ethernet does. */
#define QUESTION                                                                                   \
    0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'w', 'w', 'w', 7, 'E', 'x', 'a', 'm', 'p', 'l',   \
        'e', 3, 'c', 'o', 'm', 0, 0, 1, 0, 1
#define QUESTION_BYTES 33

static const uint8_t ipv4_frame[] = {
    2,        0,
    0,        0,
    0,        1,
    2,        0,
    0,        0,
    0,        2,
    0x08,     0x00,
    0x45,     0,
    0,        28 + QUESTION_BYTES,
    0xab,     0xcd,
    0,        0,
    64,       17,
    0,        0,
    192,      0,
    2,        1,
    192,      0,
    2,        53,
    0xc0,     0x01,
    0,        53,
    0,        8 + QUESTION_BYTES,
    0,        0,
    QUESTION, 0,
    0,        0,
    0,
};

static const uint8_t ipv6_frame[] = {
    2,    0,    0,        0,    0,    1,    2, 0,  0,    0,
    0,    2,    0x86,     0xdd, 0x60, 0,    0, 0,  0,    8 + QUESTION_BYTES,
    17,   64,   0x20,     1,    0x0d, 0xb8, 0, 0,  0,    0,
    0,    0,    0,        0,    0,    0,    0, 1,  0x20, 1,
    0x0d, 0xb8, 0,        0,    0,    0,    0, 0,  0,    0,
    0,    0,    0,        0x53, 0xc0, 0x01, 0, 53, 0,    8 + QUESTION_BYTES,
    0,    0,    QUESTION, 0,    0,    0,    0,
};

static void assert_same_event(const struct event *a, const struct event *b)
{
    assert_memory_equal(&a->flow, &b->flow, sizeof(a->flow));
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->time_ns, b->time_ns);
    assert_int_equal(a->frame, b->frame);
    if (a->kind != EVENT_DNS)
        return;
    assert_ptr_equal(a->dns.wire, b->dns.wire);
    assert_int_equal(a->dns.size_bytes, b->dns.size_bytes);
    assert_int_equal(a->dns.cut, b->dns.cut);
    assert_int_equal(a->dns.id, b->dns.id);
    assert_int_equal(a->dns.flags, b->dns.flags);
    assert_memory_equal(a->dns.counts, b->dns.counts, sizeof(a->dns.counts));
    assert_true(a->dns.qname_hash == b->dns.qname_hash);
    assert_ptr_equal(a->dns.qname_wire, b->dns.qname_wire);
    assert_int_equal(a->dns.qtype, b->dns.qtype);
    assert_int_equal(a->dns.qclass, b->dns.qclass);
    assert_true(a->dns.exchange_hash == b->dns.exchange_hash);
}

struct ways {
    struct decoder *plain, *step_by_step;
    unsigned messages, others;
    struct frame frame;
};

/* NULL: there was none. */
static const struct event *step_by_step(struct decoder *decoder, const struct frame *frame)
{
    struct packet packet = packet_of_frame(frame);
    int verdict;

    decoder->now = (struct stamp){frame->time_ns, frame->number, frame->source};
    decoder->event = decoder->events[0];
    verdict = ethernet_decode(decoder, &packet);
    if (verdict >= 0)
        decoder_drop(decoder, (enum drop_reason)verdict);
    if (verdict != PACKET_EVENT)
        return NULL;
    decoder_stamp_event(decoder, &decoder->now);
    return decoder->event;
}

static void both_ways(struct ways *ways, const uint8_t *bytes, size_t size, uint32_t missing)
{
    struct frame *frame = &ways->frame;
    const struct event *event, *expected;

    frame->time_ns += 1000000;
    frame->number++;
    frame->bytes = bytes;
    frame->size_bytes = (uint32_t)size;
    frame->wire_bytes = (uint32_t)size + missing;
    frame->link_type = 1;
    assert_int_equal(decoder_feed(ways->plain, frame, 1), 1);
    event = decoder_next(ways->plain);
    expected = step_by_step(ways->step_by_step, frame);
    assert_int_equal(!event, !expected);
    if (event) {
        assert_same_event(event, expected);
        ways->messages++;
    } else {
        ways->others++;
    }
    assert_null(decoder_next(ways->plain));
}

/* Each octet with each value, and each length; the same again from elsewhere, which makes copies.
 */
static void try_all(const uint8_t *frame, size_t size)
{
    struct ways ways = {.plain = decoder_new(NULL), .step_by_step = decoder_new(NULL)};
    uint8_t bytes[128];

    assert_in_range(size, 1, sizeof(bytes));
    for (size_t at = 0; at < size; at++) {
        for (unsigned value = 0; value < 256; value++) {
            memcpy(bytes, frame, size);
            bytes[at] = (uint8_t)value;
            both_ways(&ways, bytes, size, 0);
            bytes[5] ^= 0x80;
            both_ways(&ways, bytes, size, 0);
        }
        memcpy(bytes, frame, size);
        both_ways(&ways, bytes, at, 0);
        both_ways(&ways, bytes, at, (uint32_t)(size - at));
    }
    assert_in_range(ways.messages, 1000, UINT32_MAX);
    assert_in_range(ways.others, 1000, UINT32_MAX);
    assert_memory_equal(ways.plain->counters.dropped, ways.step_by_step->counters.dropped,
                        sizeof(ways.plain->counters.dropped));
    assert_int_equal(ways.plain->counters.dns_messages, ways.step_by_step->counters.dns_messages);
    assert_int_equal(ways.plain->counters.dns_responses, ways.step_by_step->counters.dns_responses);
    decoder_free(ways.plain);
    decoder_free(ways.step_by_step);
}

static void ipv4_ends_where_it_would_step_by_step(void **state)
{
    (void)state;
    try_all(ipv4_frame, sizeof(ipv4_frame));
}

static void ipv6_ends_where_it_would_step_by_step(void **state)
{
    (void)state;
    try_all(ipv6_frame, sizeof(ipv6_frame));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_ends_where_it_would_step_by_step),
        cmocka_unit_test(ipv6_ends_where_it_would_step_by_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
