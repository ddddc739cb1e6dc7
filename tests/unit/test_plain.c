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

static int decode(struct decoder *decoder, layer_function way, const uint8_t *bytes, size_t size,
                  uint32_t missing)
{
    struct packet packet = {.at = bytes, .end = bytes + size, .missing = missing};

    decoder->now.time_ns += 1000000;
    decoder->now.number++;
    decoder->event = &decoder->ring[0];
    return way(decoder, &packet);
}

static void assert_same_message(const struct event *a, const struct event *b)
{
    assert_memory_equal(&a->flow, &b->flow, sizeof(a->flow));
    assert_int_equal(a->kind, b->kind);
    if (a->kind != EVENT_DNS)
        return;
    assert_ptr_equal(a->dns.wire, b->dns.wire);
    assert_int_equal(a->dns.size_bytes, b->dns.size_bytes);
    assert_int_equal(a->dns.cut, b->dns.cut);
    assert_true(a->dns.qname_hash == b->dns.qname_hash);
    assert_true(a->dns.exchange_hash == b->dns.exchange_hash);
}

struct ways {
    struct decoder *plain, *step_by_step;
    unsigned messages, others;
};

static void both_ways(struct ways *ways, const uint8_t *bytes, size_t size, uint32_t missing)
{
    int verdict = decode(ways->plain, plain_decode, bytes, size, missing);

    assert_int_equal(decode(ways->step_by_step, ethernet_decode, bytes, size, missing), verdict);
    if (verdict == PACKET_EVENT) {
        assert_same_message(ways->plain->event, ways->step_by_step->event);
        ways->messages++;
    } else {
        ways->others++;
    }
}

/* Each octet with each value, and each length; the same again from elsewhere, which makes copies.
 */
static void try_all(const uint8_t *frame, size_t size)
{
    struct ways ways = {decoder_new(NULL), decoder_new(NULL), 0, 0};
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
    assert_memory_equal(&ways.plain->counters, &ways.step_by_step->counters,
                        sizeof(ways.plain->counters));
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
