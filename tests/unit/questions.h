/* A packet with a question for www.example.com, to be wrapped and fed, and what is to come of it.
 */
#ifndef TESTS_UNIT_QUESTIONS_H
#define TESTS_UNIT_QUESTIONS_H

#include "packets.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct wire_packet packet;

/* An IPv4 packet with a question for www.example.com. */
static inline void question(void)
{
    wire_dns(&packet, 0x1234, 0x0100, "WWW.eXample.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    layer_ipv4(&packet, "192.0.2.1", "198.51.100.53", 17);
}

static inline void question_over_ipv6(void)
{
    wire_dns(&packet, 0x1234, 0x0100, "WWW.eXample.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    layer_ipv6(&packet, "2001:db8::1", "2001:db8::53", 17);
}

static inline void assert_question(const struct feeder *feeder)
{
    const struct event *event = assert_message(feeder, 0x1234, "www.example.com.");

    if (address_is_ipv4(&event->flow.source))
        assert_flow(event, "192.0.2.1", 40000, "198.51.100.53", 53);
    else
        assert_flow(event, "2001:db8::1", 40000, "2001:db8::53", 53);
    assert_no_event(feeder);
}

#define DECODER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_feeder, tear_down_feeder)

#endif
