/* Segments of a connection between a client and a server, whose sequence numbers cross the wrap. */
#ifndef TESTS_UNIT_TCP_SEGMENTS_H
#define TESTS_UNIT_TCP_SEGMENTS_H

#include "packets.h"

#define CLIENT      "192.0.2.1"
#define SERVER      "198.51.100.53"
#define CLIENT_PORT 40000
/* Close to the wrap, so that every scenario crosses it. */
#define CLIENT_FIRST 0xfffffff0u
#define SERVER_FIRST 0xffffffc0u

static struct wire_packet segment;

/* A segment of the client's or the server's, `offset` octets into its stream. */
static inline void segment_from(bool server, unsigned port, uint32_t sequence, unsigned flags,
                                const void *payload, size_t size)
{
    wire_set(&segment, payload, size);
    if (server) {
        layer_tcp(&segment, 53, port, sequence, 0, flags);
        layer_ipv4(&segment, SERVER, CLIENT, 6);
    } else {
        layer_tcp(&segment, port, 53, sequence, 0, flags);
        layer_ipv4(&segment, CLIENT, SERVER, 6);
    }
}

static inline void client_sends(struct feeder *feeder, uint32_t offset, const void *payload,
                                size_t size, int64_t time_ns)
{
    segment_from(false, CLIENT_PORT, CLIENT_FIRST + 1 + offset, ACK, payload, size);
    feed(feeder, &segment, LINK_RAW, time_ns);
}

static inline void server_sends(struct feeder *feeder, uint32_t offset, const void *payload,
                                size_t size, int64_t time_ns)
{
    segment_from(true, CLIENT_PORT, SERVER_FIRST + 1 + offset, ACK, payload, size);
    feed(feeder, &segment, LINK_RAW, time_ns);
}

static inline void client_flags(struct feeder *feeder, uint32_t sequence, unsigned flags)
{
    segment_from(false, CLIENT_PORT, sequence, flags, "", 0);
    feed(feeder, &segment, LINK_RAW, 0);
}

static inline void server_flags(struct feeder *feeder, uint32_t sequence, unsigned flags)
{
    segment_from(true, CLIENT_PORT, sequence, flags, "", 0);
    if (flags == (SYN | ACK))
        wire_put_u32(segment.bytes + 28, CLIENT_FIRST + 1);
    feed(feeder, &segment, LINK_RAW, 0);
}

static inline void assert_turn(const struct feeder *feeder, enum tcp_turn turn)
{
    const struct event *event = assert_event(feeder, EVENT_TCP);

    assert_int_equal(event->tcp, turn);
    assert_flow(event, CLIENT, CLIENT_PORT, SERVER, 53);
}

static inline void connect_both(struct feeder *feeder)
{
    client_flags(feeder, CLIENT_FIRST, SYN);
    assert_turn(feeder, TCP_SYN);
    assert_no_event(feeder);
    server_flags(feeder, SERVER_FIRST, SYN | ACK);
    assert_turn(feeder, TCP_ACCEPTED);
    assert_no_event(feeder);
    client_flags(feeder, CLIENT_FIRST + 1, ACK);
    assert_no_event(feeder);
}

/* What a server would write: each message behind its length. */
struct written {
    size_t size;
    size_t ends[16]; /* where each message ends */
    uint8_t bytes[400000];
};

static struct written written;

/* Appends response `index`: ID 100 + index, "q0.example." and so on. */
static inline void write_response(unsigned index, size_t padding)
{
    static struct wire_packet message;
    char qname[32];

    if (index == 0)
        written.size = 0;
    snprintf(qname, sizeof(qname), "q%u.example", index);
    wire_dns(&message, 100 + index, 0x8400, qname, 1, padding);
    wire_put_u16(written.bytes + written.size, (unsigned)message.size);
    memcpy(written.bytes + written.size + 2, message.bytes, message.size);
    written.size += 2 + message.size;
    if (index < 16)
        written.ends[index] = written.size;
}

static inline const struct event *assert_response(const struct feeder *feeder, unsigned index)
{
    char qname[32];
    const struct event *event;

    snprintf(qname, sizeof(qname), "q%u.example.", index);
    event = assert_message(feeder, 100 + index, qname);
    assert_int_equal(event->dns.transport, TRANSPORT_TCP);
    assert_flow(event, SERVER, 53, CLIENT, CLIENT_PORT);
    return event;
}

static inline void restart(void **state, const struct decoder_options *options)
{
    tear_down_feeder(state);
    set_up_feeder_with(state, options);
}

#define TCP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_feeder, tear_down_feeder)

#endif
