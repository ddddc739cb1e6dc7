#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/hash.h"
#include "questions.h"

static void a_question_is_told_with_all_that_it_says(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    question();
    layer_ethernet(&packet, 0x0800);
    feed(feeder, &packet, LINK_ETHERNET, SECONDS(7));
    event = assert_message(feeder, 0x1234, "www.example.com.");
    assert_int_equal(event->time_ns, SECONDS(7));
    assert_int_equal(event->source, 3);
    assert_int_equal(event->frame, 1);
    assert_flow(event, "192.0.2.1", 40000, "198.51.100.53", 53);
    assert_int_equal(event->dns.transport, TRANSPORT_UDP);
    assert_int_equal(event->dns.flags, DNS_RD);
    assert_int_equal(event->dns.counts[0], 1);
    assert_int_equal(event->dns.qtype, 1);
    assert_int_equal(event->dns.qclass, 1);
    assert_memory_equal(event->dns.qname_wire, "\3WWW\7eXample\3com", 17);
    assert_true(event->dns.qname_hash == hash_bytes("\3www\7example\3com", 17));
    assert_ptr_equal(event->dns.wire, feeder->bytes + 14 + 20 + 8);
    assert_int_equal(event->dns.size_bytes, 12 + 17 + 4);
    assert_false(event->dns.cut);
    assert_no_event(feeder);
}

static void the_same_bytes_without_a_snap_length_are_malformed(void **state)
{
    struct feeder *feeder = *state;

    question();
    layer_ethernet(&packet, 0x0800);
    packet.size = 10;
    feed(feeder, &packet, LINK_ETHERNET, 0);
    assert_int_equal(dropped(feeder, DROP_BAD_LINK), 1);
}

static void what_is_not_decoded_is_counted_under_one_reason(void **state)
{
    struct feeder *feeder = *state;

    question();
    feed(feeder, &packet, 105, 0); /* IEEE 802.11 */
    assert_int_equal(dropped(feeder, DROP_LINK_TYPE), 1);

    wire_set(&packet, "who has 192.0.2.1?", 18);
    layer_ethernet(&packet, 0x0806);
    feed(feeder, &packet, LINK_ETHERNET, 0);
    assert_int_equal(dropped(feeder, DROP_NOT_IP), 1);

    question();
    layer_ethernet(&packet, 0x0800);
    for (unsigned i = 0; i < 20; i++) {
        memmove(packet.bytes + 16, packet.bytes + 12, packet.size - 12);
        memcpy(packet.bytes + 12, "\x81\0\0\x2a", 4);
        packet.size += 4;
    }
    feed(feeder, &packet, LINK_ETHERNET, 0);
    assert_int_equal(dropped(feeder, DROP_TOO_DEEP), 1);

    question();
    packet.bytes[0] = 0x44; /* a header of 16 octets */
    feed(feeder, &packet, LINK_RAW, 0);
    assert_int_equal(dropped(feeder, DROP_BAD_IP), 1);

    wire_dns(&packet, 1, 0, "example.com", 1, 0);
    layer_udp(&packet, 40000, 5353);
    layer_ipv4(&packet, "192.0.2.1", "192.0.2.2", 17);
    feed(feeder, &packet, LINK_RAW, 0);
    wire_set(&packet, "ospf", 4);
    layer_ipv4(&packet, "192.0.2.1", "192.0.2.2", 89);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_int_equal(dropped(feeder, DROP_NOT_DNS), 2);

    question();
    wire_put_u16(packet.bytes + 24, 7); /* the UDP length */
    feed(feeder, &packet, LINK_RAW, 0);
    wire_put_u16(packet.bytes + 24, 2000);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_int_equal(dropped(feeder, DROP_BAD_UDP), 2);

    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 8);
    assert_int_equal(decoder_counters(feeder->decoder)->packets, 8);
}

static void padding_behind_the_datagram_is_no_part_of_it(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    question();
    layer_ethernet(&packet, 0x0800);
    wire_append(&packet, "padding", 7);
    feed(feeder, &packet, LINK_ETHERNET, 0);
    event = assert_message(feeder, 0x1234, "www.example.com.");
    assert_int_equal(event->dns.size_bytes, 33);
    assert_false(event->dns.cut);
}

static void lengths_that_the_network_card_fills_in_are_those_of_the_frame(void **state)
{
    struct feeder *feeder = *state;

    question();
    wire_put_u16(packet.bytes + 2, 0);
    wire_put_u16(packet.bytes + 24, 0);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_question(feeder);

    question_over_ipv6();
    wire_put_u16(packet.bytes + 4, 0);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_question(feeder);
}

static void ipv4_options_are_skipped(void **state)
{
    struct feeder *feeder = *state;

    question();
    memmove(packet.bytes + 32, packet.bytes + 20, packet.size - 20);
    memset(packet.bytes + 20, 1, 12);
    packet.size += 12;
    packet.bytes[0] = 0x48;
    wire_put_u16(packet.bytes + 2, (unsigned)packet.size);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_question(feeder);
}

static void ipv6_extension_headers_are_skipped(void **state)
{
    struct feeder *feeder = *state;

    wire_dns(&packet, 0x1234, 0x0100, "www.example.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    layer_extension(&packet, 17, 16);               /* destination options */
    memcpy(wire_prepend(&packet, 24), "\x3c\4", 2); /* AH: (4 + 2) * 4 octets */
    layer_ipv6_fragment(&packet, 51, 7, 0, false);  /* atomic */
    layer_extension(&packet, 44, 24);               /* routing */
    layer_extension(&packet, 43, 8);                /* hop by hop */
    layer_ipv6(&packet, "2001:db8::1", "2001:db8::53", 0);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_question(feeder);
}

static void endless_extension_headers_are_malformed(void **state)
{
    struct feeder *feeder = *state;

    wire_dns(&packet, 0x1234, 0x0100, "www.example.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    for (unsigned i = 0; i < 100; i++)
        layer_extension(&packet, i == 0 ? 17 : 60, 8);
    layer_ipv6(&packet, "2001:db8::1", "2001:db8::53", 60);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_BAD_IP), 1);
}

static void an_extension_header_that_runs_off_the_packet_is_malformed(void **state)
{
    struct feeder *feeder = *state;

    question_over_ipv6();
    packet.bytes[6] = 0;
    packet.bytes[41] = 0xff;
    feed(feeder, &packet, LINK_RAW, 0);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_BAD_IP), 1);
}

/* All lengths around the eight octets that are folded and hashed at a time. */
static void names_of_every_length_hash_as_their_lower_case(void **state)
{
    struct feeder *feeder = *state;

    for (size_t size = 1; size <= 255; size++) {
        uint8_t name[256] = {0}, lower[256];
        size_t left = size - 1;
        uint8_t *at = name;
        const struct event *event;

        if (size == 2)
            continue; /* no name has two octets */
        while (left > 0) {
            size_t label = left > 64 ? 64 : left;

            if (left - label == 1)
                label--;
            *at = (uint8_t)(label - 1);
            for (size_t i = 1; i < label; i++)
                at[i] = (uint8_t)("AZaz@[`{\xc1\xda\0-09"[(i + size) % 14]);
            at += label;
            left -= label;
        }
        wire_dns(&packet, 1, 0x0100, ".", 1, 0);
        packet.size = 12;
        wire_append(&packet, name, size);
        wire_append(&packet, "\0\x1c\0\1", 4);
        layer_udp(&packet, 40000, 53);
        layer_ipv4(&packet, "192.0.2.1", "198.51.100.53", 17);
        feed(feeder, &packet, LINK_RAW, 0);
        event = assert_event(feeder, EVENT_DNS);
        name_lower(lower, name, size);
        assert_int_equal(event->dns.qname.size_bytes, size);
        assert_memory_equal(event->dns.qname.bytes, lower, size);
        assert_memory_equal(event->dns.qname_wire, name, size);
        assert_true(event->dns.qname_hash == hash_bytes(lower, size));
        assert_int_equal(event->dns.qtype, 28);
    }
}

static void feed_message(struct feeder *feeder, const char *bytes, size_t size)
{
    wire_set(&packet, bytes, size);
    layer_udp(&packet, 53, 40000);
    layer_ipv4(&packet, "192.0.2.53", "192.0.2.1", 17);
    feed(feeder, &packet, LINK_RAW, 0);
}

static void a_malformed_question_leaves_a_message_without_a_name(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } questions[] = {
        {"", 0},                 /* none, though one is announced */
        {"\3www", 4},            /* cut in the name */
        {"\3www\0\0\1\0", 8},    /* cut in the class */
        {"\xc0\x0c\0\1\0\1", 6}, /* a pointer */
        {"\x41"
         "a\0\0\1\0\1",
         7}, /* a label type that is not in use */
    };
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(questions); i++) {
        char bytes[64] = "\x12\x34\x80\x02\0\1\0\0\0\0\0\0";
        const struct event *event;

        memcpy(bytes + 12, questions[i].bytes, questions[i].size);
        feed_message(feeder, bytes, 12 + questions[i].size);
        event = assert_message(feeder, 0x1234, "");
        assert_int_equal(event->dns.flags & DNS_RCODE, 2);
        assert_int_equal(event->dns.qname.size_bytes, 0);
        assert_true(event->dns.qname_hash == 0);

        bytes[2] = 0; /* the same as a query */
        feed_message(feeder, bytes, 12 + questions[i].size);
        event = assert_message(feeder, 0x1234, "");
        assert_int_equal(event->dns.qname.size_bytes, 0);
    }
    assert_int_equal(dropped_in_all(feeder), 0);
    assert_int_equal(decoder_counters(feeder->decoder)->dns_messages, 2 * COUNT(questions));
    assert_int_equal(decoder_counters(feeder->decoder)->dns_responses, COUNT(questions));
}

static void no_question_is_a_message_without_a_name(void **state)
{
    struct feeder *feeder = *state;

    feed_message(feeder, "\x12\x34\x28\0\0\0\0\0\0\0\0\0", 12);
    assert_message(feeder, 0x1234, "");
    feed_message(feeder, "\x12\x34\x80\x02\0\0\0\0\0\0\0", 11);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_BAD_DNS), 1);
}

static void a_message_cut_behind_its_question_keeps_the_question(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    wire_dns(&packet, 7, 0x8180, "example.com", 1, 200);
    layer_udp(&packet, 53, 40000);
    layer_ipv4(&packet, "192.0.2.53", "192.0.2.1", 17);
    feed_cut(feeder, &packet, LINK_RAW, 0, 96);
    event = assert_message(feeder, 7, "example.com.");
    assert_true(event->dns.cut);
    assert_int_equal(event->dns.size_bytes, 96 - 28);
}

static void feed_encrypted(struct feeder *feeder, unsigned port, bool tcp, int64_t time_ns)
{
    wire_set(&packet, "secret", 6);
    if (tcp)
        layer_tcp(&packet, port, 853, 1, 1, ACK);
    else
        layer_udp(&packet, port, 853);
    layer_ipv4(&packet, "192.0.2.1", "198.51.100.53", tcp ? 6 : 17);
    feed(feeder, &packet, LINK_RAW, time_ns);
}

static void encrypted_flows_are_told_once_a_second(void **state)
{
    struct feeder *feeder = *state;

    for (unsigned tcp = 0; tcp < 2; tcp++) {
        unsigned port = 50000 + 2 * tcp;

        feed_encrypted(feeder, port, tcp, SECONDS(1));
        assert_flow(assert_event(feeder, EVENT_ENCRYPTED), "192.0.2.1", port, "198.51.100.53", 853);
        feed_encrypted(feeder, port, tcp, SECONDS(2) - 1);
        assert_no_event(feeder);
        feed_encrypted(feeder, port + 1, tcp, SECONDS(2) - 1);
        assert_event(feeder, EVENT_ENCRYPTED);
        feed_encrypted(feeder, port, tcp, SECONDS(2));
        assert_event(feeder, EVENT_ENCRYPTED);
    }
    assert_int_equal(dropped(feeder, DROP_NOT_DNS), 2);
}

static void other_ports_are_dns_when_told_so(void **state)
{
    const uint16_t ports[] = {5353, 853};
    struct feeder *feeder;

    tear_down_feeder(state);
    set_up_feeder_with(state, &(struct decoder_options){.ports = ports, .port_count = 2});
    feeder = *state;
    wire_dns(&packet, 9, 0, "example.com", 1, 0);
    layer_udp(&packet, 40000, 5353);
    layer_ipv4(&packet, "192.0.2.1", "192.0.2.2", 17);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_message(feeder, 9, "example.com.");
    wire_put_u16(packet.bytes + 22, 853);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_message(feeder, 9, "example.com.");
    wire_put_u16(packet.bytes + 22, 53);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_no_event(feeder);
}

#define BATCH_MAX (2 * DECODER_AHEAD)

/* Questions with the IDs 0, 1, ..., each frame's bytes in memory of their own, as the batch borrows
 * them. */
static void make_batch(struct frame *frames, struct wire_packet *packets, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct wire_packet *one = &packets[i];

        wire_dns(one, i, 0x0100, "www.example.com", 1, 0);
        layer_udp(one, (uint16_t)(40000 + i), 53);
        layer_ipv4(one, "192.0.2.1", "198.51.100.53", 17);
        layer_ethernet(one, 0x0800);
        frames[i] = (struct frame){.time_ns = SECONDS(1) + i,
                                   .bytes = one->bytes,
                                   .size_bytes = (uint32_t)one->size,
                                   .wire_bytes = (uint32_t)one->size,
                                   .link_type = LINK_ETHERNET,
                                   .number = i + 1};
    }
}

static void a_batch_is_seen_ahead_as_it_will_be_handed_out(void **state)
{
    const struct feeder *feeder = *state;
    struct wire_packet *packets = calloc(BATCH_MAX, sizeof(*packets));
    struct frame frames[BATCH_MAX];
    const struct event *const *ahead;
    unsigned count;

    make_batch(frames, packets, BATCH_MAX);
    assert_int_equal(decoder_feed(feeder->decoder, frames, BATCH_MAX), DECODER_AHEAD);
    assert_false(decoder_has_room(feeder->decoder));
    ahead = decoder_ahead(feeder->decoder, &count);
    assert_int_equal(count, DECODER_AHEAD);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(ahead[i]->dns.id, i);
    for (unsigned i = 0; i < DECODER_AHEAD; i++)
        assert_int_equal(assert_message(feeder, i, "www.example.com.")->frame, i + 1);
    assert_no_event(feeder);
    assert_true(decoder_has_room(feeder->decoder));
    decoder_ahead(feeder->decoder, &count);
    assert_int_equal(count, 0);
    free(packets);
}

/* As many frames as there are are taken, whatever becomes of them. */
static void copies_and_rubbish_in_a_batch_leave_the_others_in_order(void **state)
{
    static const unsigned left[] = {0, 1, 3, 5, 6, 7};
    const struct feeder *feeder = *state;
    struct wire_packet *packets = calloc(8, sizeof(*packets));
    struct frame frames[8];

    make_batch(frames, packets, 8);
    packets[2] = packets[1];
    packets[2].bytes[11] ^= 1; /* another way */
    packets[4].bytes[12] = 0x99;
    assert_int_equal(decoder_feed(feeder->decoder, frames, 8), 8);
    for (unsigned i = 0; i < COUNT(left); i++)
        assert_int_equal(assert_message(feeder, left[i], "www.example.com.")->frame, left[i] + 1);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_DUPLICATE), 1);
    assert_int_equal(dropped_in_all(feeder), 2);
    assert_int_equal(decoder_counters(feeder->decoder)->packets, 8);
    free(packets);
}

static void counters_know_the_span_of_time(void **state)
{
    struct feeder *feeder = *state;
    const struct decode_counters *counters = decoder_counters(feeder->decoder);

    assert_true(counters->first_time_ns == INT64_MAX);
    assert_true(counters->last_time_ns == INT64_MIN);
    question();
    for (int64_t time = 5; time > 2; time--) {
        feed(feeder, &packet, LINK_RAW, SECONDS(time));
        assert_question(feeder);
    }
    assert_true(counters->first_time_ns == SECONDS(3));
    assert_true(counters->last_time_ns == SECONDS(5));
    assert_int_equal(counters->packets, 3);
    assert_int_equal(counters->dns_messages, 3);
    assert_int_equal(counters->dns_responses, 0);
}

static void every_reason_has_its_code(void **state)
{
    (void)state;
    assert_string_equal(drop_reason_code(DROP_LINK_TYPE), "link-type");
    assert_string_equal(drop_reason_code(DROP_TCP_EVICTED), "tcp-evicted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECODER_TEST(a_question_is_told_with_all_that_it_says),
        DECODER_TEST(the_same_bytes_without_a_snap_length_are_malformed),
        DECODER_TEST(what_is_not_decoded_is_counted_under_one_reason),
        DECODER_TEST(padding_behind_the_datagram_is_no_part_of_it),
        DECODER_TEST(lengths_that_the_network_card_fills_in_are_those_of_the_frame),
        DECODER_TEST(ipv4_options_are_skipped),
        DECODER_TEST(ipv6_extension_headers_are_skipped),
        DECODER_TEST(endless_extension_headers_are_malformed),
        DECODER_TEST(an_extension_header_that_runs_off_the_packet_is_malformed),
        DECODER_TEST(names_of_every_length_hash_as_their_lower_case),
        DECODER_TEST(a_malformed_question_leaves_a_message_without_a_name),
        DECODER_TEST(no_question_is_a_message_without_a_name),
        DECODER_TEST(a_message_cut_behind_its_question_keeps_the_question),
        DECODER_TEST(encrypted_flows_are_told_once_a_second),
        DECODER_TEST(other_ports_are_dns_when_told_so),
        DECODER_TEST(a_batch_is_seen_ahead_as_it_will_be_handed_out),
        DECODER_TEST(copies_and_rubbish_in_a_batch_leave_the_others_in_order),
        DECODER_TEST(counters_know_the_span_of_time),
        cmocka_unit_test(every_reason_has_its_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
