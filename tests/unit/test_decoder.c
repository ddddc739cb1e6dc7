#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/hash.h"
#include "packets.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct wire_packet packet;

/* An IPv4 packet with a question for www.example.com. */
static void question(void)
{
    wire_dns(&packet, 0x1234, 0x0100, "WWW.eXample.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    layer_ipv4(&packet, "192.0.2.1", "198.51.100.53", 17);
}

static void question_over_ipv6(void)
{
    wire_dns(&packet, 0x1234, 0x0100, "WWW.eXample.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    layer_ipv6(&packet, "2001:db8::1", "2001:db8::53", 17);
}

static void assert_question(const struct feeder *feeder)
{
    const struct event *event = assert_message(feeder, 0x1234, "www.example.com.");

    if (address_is_ipv4(&event->flow.source))
        assert_flow(event, "192.0.2.1", 40000, "198.51.100.53", 53);
    else
        assert_flow(event, "2001:db8::1", 40000, "2001:db8::53", 53);
    assert_no_event(feeder);
}

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

static void wrap_ethernet(void)
{
    layer_ethernet(&packet, 0x0800);
}

static void wrap_vlan(void)
{
    layer_vlan(&packet, 0x0800);
    layer_ethernet(&packet, 0x8100);
}

static void wrap_qinq(void)
{
    layer_vlan(&packet, 0x0800);
    layer_vlan(&packet, 0x8100);
    layer_ethernet(&packet, 0x88a8);
}

static void wrap_old_qinq(void)
{
    layer_vlan(&packet, 0x0800);
    layer_vlan(&packet, 0x8100);
    layer_ethernet(&packet, 0x9100);
}

static void wrap_mpls(void)
{
    wire_put_u32(wire_prepend(&packet, 4), 0x00010140);
    wire_put_u32(wire_prepend(&packet, 4), 0x00020040);
    layer_ethernet(&packet, 0x8847);
}

static void wrap_mpls_pseudowire(void)
{
    layer_ethernet(&packet, 0x0800);
    wire_prepend(&packet, 4); /* the control word */
    wire_put_u32(wire_prepend(&packet, 4), 0x00010140);
    layer_ethernet(&packet, 0x8847);
}

static void wrap_pppoe(void)
{
    uint8_t *header = wire_prepend(&packet, 8);

    header[0] = 0x11;
    wire_put_u16(header + 4, (unsigned)packet.size - 6);
    wire_put_u16(header + 6, 0x0021);
    layer_ethernet(&packet, 0x8864);
}

static void wrap_snap(void)
{
    memcpy(wire_prepend(&packet, 8), "\xaa\xaa\x03\0\0\0\x08\0", 8);
    layer_ethernet(&packet, (unsigned)packet.size);
}

static void wrap_sll(void)
{
    wire_put_u16(wire_prepend(&packet, 16) + 14, 0x0800);
}

static void wrap_sll_with_vlan(void)
{
    layer_vlan(&packet, 0x0800);
    wire_put_u16(wire_prepend(&packet, 16) + 14, 0x8100);
}

static void wrap_sll2(void)
{
    wire_put_u16(wire_prepend(&packet, 20), 0x0800);
}

static void wrap_nothing(void)
{
}

static void wrap_null_little(void)
{
    wire_prepend(&packet, 4)[0] = 2;
}

static void wrap_null_big(void)
{
    wire_prepend(&packet, 4)[3] = 2;
}

static void wrap_ppp(void)
{
    wire_put_u16(wire_prepend(&packet, 2), 0x0021);
}

static void wrap_ppp_hdlc(void)
{
    wire_put_u32(wire_prepend(&packet, 4), 0xff030021);
}

static void wrap_ppp_short(void)
{
    wire_prepend(&packet, 1)[0] = 0x21;
}

static void wrap_cisco_hdlc(void)
{
    wire_put_u32(wire_prepend(&packet, 4), 0x0f000800);
}

/* An attribute of five octets, with its padding, before the packet's; sizes and types as the
 * machine that captured has them. */
static void wrap_nflog_little(void)
{
    uint8_t *header;

    header = wire_prepend(&packet, 4);
    header[0] = (uint8_t)packet.size;
    header[2] = 9;
    memcpy(wire_prepend(&packet, 12), "\2\0\0\5\5\0\x0a\0x\0\0\0", 12);
}

static void wrap_nflog_big(void)
{
    uint8_t *header;

    header = wire_prepend(&packet, 4);
    header[1] = (uint8_t)packet.size;
    header[3] = 9;
    memcpy(wire_prepend(&packet, 12), "\2\0\0\5\0\5\0\x0ax\0\0\0", 12);
}

static void every_link_layer_is_taken_apart(void **state)
{
    static const struct {
        uint32_t link_type;
        void (*wrap)(void);
    } links[] = {
        {LINK_ETHERNET, wrap_ethernet},
        {LINK_ETHERNET, wrap_vlan},
        {LINK_ETHERNET, wrap_qinq},
        {LINK_ETHERNET, wrap_old_qinq},
        {LINK_ETHERNET, wrap_mpls},
        {LINK_ETHERNET, wrap_mpls_pseudowire},
        {LINK_ETHERNET, wrap_pppoe},
        {LINK_ETHERNET, wrap_snap},
        {113, wrap_sll},
        {113, wrap_sll_with_vlan},
        {276, wrap_sll2},
        {101, wrap_nothing},
        {12, wrap_nothing},
        {14, wrap_nothing},
        {228, wrap_nothing},
        {0, wrap_null_little},
        {0, wrap_null_big},
        {108, wrap_null_big},
        {9, wrap_ppp},
        {9, wrap_ppp_hdlc},
        {9, wrap_ppp_short},
        {50, wrap_ppp_hdlc},
        {104, wrap_cisco_hdlc},
        {239, wrap_nflog_little},
        {239, wrap_nflog_big},
    };
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(links); i++) {
        question();
        links[i].wrap();
        feed(feeder, &packet, links[i].link_type, SECONDS(i));
        assert_question(feeder);
    }
    assert_int_equal(dropped_in_all(feeder), 0);
}

/* Whatever layer the snap length cuts through, the frame is counted and never read too far. */
static void a_frame_cut_anywhere_is_counted_or_a_cut_message(void **state)
{
    static void (*const wraps[])(void) = {wrap_vlan, wrap_mpls_pseudowire, wrap_pppoe, wrap_snap};
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(wraps); i++) {
        size_t header;

        question();
        wraps[i]();
        header = packet.size - 4 - 17;
        for (size_t captured = 0; captured < packet.size; captured++) {
            uint64_t before = dropped_in_all(feeder);

            feed_cut(feeder, &packet, LINK_ETHERNET, 0, captured);
            if (captured < header) {
                assert_no_event(feeder);
                assert_int_equal(dropped_in_all(feeder), before + 1);
            } else {
                const struct event *event = assert_event(feeder, EVENT_DNS);

                assert_true(event->dns.cut);
                assert_int_equal(event->dns.id, 0x1234);
                assert_int_equal(event->dns.qname.size_bytes, 0);
                assert_null(event->dns.qname_wire);
                assert_int_equal(dropped_in_all(feeder), before);
            }
        }
    }
    assert_int_equal(dropped_in_all(feeder), dropped(feeder, DROP_CUT_SHORT));
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

static void icmp_errors_are_joined_to_the_packet_that_they_quote(void **state)
{
    static const struct {
        uint8_t type, code;
        enum icmp_reason reason;
    } errors[] = {
        {3, 0, ICMP_NET},         {3, 1, ICMP_HOST},       {3, 3, ICMP_PORT},
        {3, 4, ICMP_TOO_BIG},     {3, 9, ICMP_PROHIBITED}, {3, 10, ICMP_PROHIBITED},
        {3, 13, ICMP_PROHIBITED}, {3, 2, ICMP_PROTOCOL},   {11, 0, ICMP_TIME_EXCEEDED},
        {3, 99, ICMP_OTHER},
    };
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(errors); i++) {
        const struct event *event;
        uint8_t *header;

        question();
        header = wire_prepend(&packet, 8);
        header[0] = errors[i].type;
        header[1] = errors[i].code;
        layer_ipv4(&packet, "203.0.113.9", "192.0.2.1", 1);
        feed(feeder, &packet, LINK_RAW, 0);
        event = assert_event(feeder, EVENT_ICMP);
        assert_flow(event, "192.0.2.1", 40000, "198.51.100.53", 53);
        assert_int_equal(event->icmp.reason, errors[i].reason);
        assert_int_equal(event->icmp.type, errors[i].type);
        assert_int_equal(event->icmp.code, errors[i].code);
        assert_false(event->icmp.ipv6);
        assert_int_equal(event->icmp.transport, TRANSPORT_UDP);
        assert_true(event->icmp.has_id);
        assert_int_equal(event->icmp.id, 0x1234);
        assert_true(address_equal(
            &event->icmp.sender,
            &(struct address){{[10] = 0xff, [11] = 0xff, [12] = 203, [14] = 113, [15] = 9}}));
        assert_no_event(feeder);
    }
}

static void icmpv6_errors_quote_behind_extension_headers(void **state)
{
    static const struct {
        uint8_t type, code;
        enum icmp_reason reason;
    } errors[] = {
        {1, 0, ICMP_NET},           {1, 1, ICMP_PROHIBITED}, {1, 3, ICMP_HOST},
        {1, 4, ICMP_PORT},          {1, 6, ICMP_PROHIBITED}, {2, 0, ICMP_TOO_BIG},
        {3, 0, ICMP_TIME_EXCEEDED}, {4, 1, ICMP_PROTOCOL},   {4, 0, ICMP_OTHER},
    };
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(errors); i++) {
        const struct event *event;
        uint8_t *header;

        wire_dns(&packet, 0x1234, 0x0100, "www.example.com", 1, 0);
        layer_udp(&packet, 40000, 53);
        layer_ipv6_fragment(&packet, 17, 9, 0, true);
        layer_extension(&packet, 44, 8);
        layer_ipv6(&packet, "2001:db8::1", "2001:db8::53", 60);
        header = wire_prepend(&packet, 8);
        header[0] = errors[i].type;
        header[1] = errors[i].code;
        layer_ipv6(&packet, "2001:db8::9", "2001:db8::1", 58);
        feed(feeder, &packet, LINK_RAW, 0);
        event = assert_event(feeder, EVENT_ICMP);
        assert_flow(event, "2001:db8::1", 40000, "2001:db8::53", 53);
        assert_int_equal(event->icmp.reason, errors[i].reason);
        assert_true(event->icmp.ipv6);
        assert_int_equal(event->icmp.id, 0x1234);
    }
}

static void the_shortest_quote_shows_ports_and_no_id(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    question();
    packet.size = 28;
    wire_put_u32(wire_prepend(&packet, 8), 0x03030000);
    layer_ipv4(&packet, "203.0.113.9", "192.0.2.1", 1);
    feed(feeder, &packet, LINK_RAW, 0);
    event = assert_event(feeder, EVENT_ICMP);
    assert_flow(event, "192.0.2.1", 40000, "198.51.100.53", 53);
    assert_false(event->icmp.has_id);
}

static void a_quoted_tcp_segment_is_told_as_tcp(void **state)
{
    struct feeder *feeder = *state;

    packet.size = 0;
    layer_tcp(&packet, 40000, 53, 1, 0, SYN);
    layer_ipv4(&packet, "192.0.2.1", "198.51.100.53", 6);
    wire_put_u32(wire_prepend(&packet, 8), 0x03010000);
    layer_ipv4(&packet, "203.0.113.9", "192.0.2.1", 1);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_int_equal(assert_event(feeder, EVENT_ICMP)->icmp.transport, TRANSPORT_TCP);
}

static void icmp_that_quotes_no_dns_is_counted(void **state)
{
    struct feeder *feeder = *state;

    wire_set(&packet, "ping", 4);
    wire_put_u32(wire_prepend(&packet, 8), 0x08000000);
    layer_ipv4(&packet, "203.0.113.9", "192.0.2.1", 1);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_int_equal(dropped(feeder, DROP_NOT_DNS), 1);

    question();
    packet.size = 23; /* not even the ports */
    wire_put_u32(wire_prepend(&packet, 8), 0x03030000);
    layer_ipv4(&packet, "203.0.113.9", "192.0.2.1", 1);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_int_equal(dropped(feeder, DROP_BAD_ICMP), 1);

    question();
    wire_put_u16(packet.bytes + 6, 100); /* a later fragment has no ports */
    wire_put_u32(wire_prepend(&packet, 8), 0x03030000);
    layer_ipv4(&packet, "203.0.113.9", "192.0.2.1", 1);
    feed(feeder, &packet, LINK_RAW, 0);
    assert_int_equal(dropped(feeder, DROP_BAD_ICMP), 2);
    assert_no_event(feeder);
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

#define DECODER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_feeder, tear_down_feeder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECODER_TEST(a_question_is_told_with_all_that_it_says),
        DECODER_TEST(every_link_layer_is_taken_apart),
        DECODER_TEST(a_frame_cut_anywhere_is_counted_or_a_cut_message),
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
        DECODER_TEST(icmp_errors_are_joined_to_the_packet_that_they_quote),
        DECODER_TEST(icmpv6_errors_quote_behind_extension_headers),
        DECODER_TEST(the_shortest_quote_shows_ports_and_no_id),
        DECODER_TEST(a_quoted_tcp_segment_is_told_as_tcp),
        DECODER_TEST(icmp_that_quotes_no_dns_is_counted),
        DECODER_TEST(encrypted_flows_are_told_once_a_second),
        DECODER_TEST(other_ports_are_dns_when_told_so),
        DECODER_TEST(a_batch_is_seen_ahead_as_it_will_be_handed_out),
        DECODER_TEST(copies_and_rubbish_in_a_batch_leave_the_others_in_order),
        DECODER_TEST(counters_know_the_span_of_time),
        cmocka_unit_test(every_reason_has_its_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
