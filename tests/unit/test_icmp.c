#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "questions.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECODER_TEST(icmp_errors_are_joined_to_the_packet_that_they_quote),
        DECODER_TEST(icmpv6_errors_quote_behind_extension_headers),
        DECODER_TEST(the_shortest_quote_shows_ports_and_no_id),
        DECODER_TEST(a_quoted_tcp_segment_is_told_as_tcp),
        DECODER_TEST(icmp_that_quotes_no_dns_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
