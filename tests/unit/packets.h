/* Builds packets for tests, a layer at a time: each layer_*() wraps what `packet` holds so far, so
 * a packet is written from the inside out. */
#ifndef TESTS_PACKETS_H
#define TESTS_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/frame.h"
#include "decode/decoder.h"

#define SECONDS(n) ((n)*INT64_C(1000000000))

enum { LINK_NULL = 0, LINK_ETHERNET = 1, LINK_RAW = 101 };
enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };

struct wire_packet {
    size_t size;
    uint8_t bytes[70000];
};

static inline void wire_put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void wire_put_u32(uint8_t *at, uint32_t value)
{
    wire_put_u16(at, value >> 16);
    wire_put_u16(at + 2, value & 0xffff);
}

/* Makes room for `size` octets before what is there and returns them, zeroed. */
static inline uint8_t *wire_prepend(struct wire_packet *packet, size_t size)
{
    assert_true(packet->size + size <= sizeof(packet->bytes));
    memmove(packet->bytes + size, packet->bytes, packet->size);
    memset(packet->bytes, 0, size);
    packet->size += size;
    return packet->bytes;
}

static inline void wire_append(struct wire_packet *packet, const void *bytes, size_t size)
{
    assert_true(packet->size + size <= sizeof(packet->bytes));
    memcpy(packet->bytes + packet->size, bytes, size);
    packet->size += size;
}

static inline void wire_set(struct wire_packet *packet, const void *bytes, size_t size)
{
    packet->size = 0;
    wire_append(packet, bytes, size);
}

/* A DNS message with one question for `qname` (presentation format, its case kept, no escapes) and
 * `padding` octets behind it. */
static inline void wire_dns(struct wire_packet *packet, unsigned id, unsigned flags,
                            const char *qname, unsigned qtype, size_t padding)
{
    uint8_t header[12] = {0};
    uint8_t tail[4] = {0};

    wire_put_u16(header, id);
    wire_put_u16(header + 2, flags);
    wire_put_u16(header + 4, 1);
    wire_set(packet, header, sizeof(header));
    while (*qname != '\0' && strcmp(qname, ".") != 0) {
        uint8_t size = (uint8_t)strcspn(qname, ".");

        wire_append(packet, &size, 1);
        wire_append(packet, qname, size);
        qname += size;
        if (*qname == '.')
            qname++;
    }
    wire_append(packet, "", 1);
    wire_put_u16(tail, qtype);
    wire_put_u16(tail + 2, 1);
    wire_append(packet, tail, sizeof(tail));
    for (size_t i = 0; i < padding; i++) {
        uint8_t octet = (uint8_t)(i * 7 + id);

        wire_append(packet, &octet, 1);
    }
}

static inline void layer_udp(struct wire_packet *packet, unsigned source, unsigned destination)
{
    uint8_t *header = wire_prepend(packet, 8);

    wire_put_u16(header, source);
    wire_put_u16(header + 2, destination);
    wire_put_u16(header + 4, (unsigned)packet->size);
}

static inline void layer_tcp(struct wire_packet *packet, unsigned source, unsigned destination,
                             uint32_t sequence, uint32_t acknowledged, unsigned flags)
{
    uint8_t *header = wire_prepend(packet, 20);

    wire_put_u16(header, source);
    wire_put_u16(header + 2, destination);
    wire_put_u32(header + 4, sequence);
    wire_put_u32(header + 8, acknowledged);
    header[12] = 0x50;
    header[13] = (uint8_t)flags;
}

static inline struct address wire_address(const char *text)
{
    struct address address;

    assert_int_equal(address_from_text(&address, text), 0);
    return address;
}

static inline void layer_ipv4_fragment(struct wire_packet *packet, const char *source,
                                       const char *destination, unsigned protocol, unsigned id,
                                       unsigned offset, bool more)
{
    uint8_t *header = wire_prepend(packet, 20);

    header[0] = 0x45;
    wire_put_u16(header + 2, (unsigned)packet->size);
    wire_put_u16(header + 4, id);
    wire_put_u16(header + 6, offset / 8 | (more ? 0x2000 : 0));
    header[8] = 64;
    header[9] = (uint8_t)protocol;
    memcpy(header + 12, wire_address(source).bytes + 12, 4);
    memcpy(header + 16, wire_address(destination).bytes + 12, 4);
}

static inline void layer_ipv4(struct wire_packet *packet, const char *source,
                              const char *destination, unsigned protocol)
{
    layer_ipv4_fragment(packet, source, destination, protocol, 0, 0, false);
}

static inline void layer_ipv6(struct wire_packet *packet, const char *source,
                              const char *destination, unsigned next)
{
    uint8_t *header = wire_prepend(packet, 40);

    header[0] = 0x60;
    wire_put_u16(header + 4, (unsigned)packet->size - 40);
    header[6] = (uint8_t)next;
    header[7] = 64;
    memcpy(header + 8, wire_address(source).bytes, 16);
    memcpy(header + 24, wire_address(destination).bytes, 16);
}

/* Hop-by-hop, routing or destination options of `size` octets (a multiple of 8). */
static inline void layer_extension(struct wire_packet *packet, unsigned next, size_t size)
{
    uint8_t *header = wire_prepend(packet, size);

    header[0] = (uint8_t)next;
    header[1] = (uint8_t)(size / 8 - 1);
}

static inline void layer_ipv6_fragment(struct wire_packet *packet, unsigned next, uint32_t id,
                                       unsigned offset, bool more)
{
    uint8_t *header = wire_prepend(packet, 8);

    header[0] = (uint8_t)next;
    wire_put_u16(header + 2, offset | more);
    wire_put_u32(header + 4, id);
}

static inline void layer_ethernet(struct wire_packet *packet, unsigned type)
{
    uint8_t *header = wire_prepend(packet, 14);

    memset(header, 0x02, 12);
    wire_put_u16(header + 12, type);
}

static inline void layer_vlan(struct wire_packet *packet, unsigned type)
{
    uint8_t *header = wire_prepend(packet, 4);

    wire_put_u16(header, 42);
    wire_put_u16(header + 2, type);
}

/* Feeds the packet out of a buffer of exactly its size, so that a sanitizer sees every octet that
 * is read too far. What events point to lives until the next feed. */
struct feeder {
    struct decoder *decoder;
    uint8_t *bytes;
    uint64_t number;
};

static inline void feed_cut(struct feeder *feeder, const struct wire_packet *packet,
                            uint32_t link_type, int64_t time_ns, size_t captured)
{
    struct frame frame = {
        .time_ns = time_ns,
        .size_bytes = (uint32_t)captured,
        .wire_bytes = (uint32_t)packet->size,
        .link_type = link_type,
        .source = 3,
        .number = ++feeder->number,
    };

    free(feeder->bytes);
    feeder->bytes = malloc(captured ? captured : 1);
    memcpy(feeder->bytes, packet->bytes, captured);
    frame.bytes = feeder->bytes;
    decoder_feed(feeder->decoder, &frame, 1);
}

static inline void feed(struct feeder *feeder, const struct wire_packet *packet, uint32_t link_type,
                        int64_t time_ns)
{
    feed_cut(feeder, packet, link_type, time_ns, packet->size);
}

static inline int set_up_feeder_with(void **state, const struct decoder_options *options)
{
    struct feeder *feeder = calloc(1, sizeof(*feeder));

    feeder->decoder = decoder_new(options);
    *state = feeder;
    return feeder->decoder ? 0 : -1;
}

static inline int set_up_feeder(void **state)
{
    return set_up_feeder_with(state, NULL);
}

static inline int tear_down_feeder(void **state)
{
    struct feeder *feeder = *state;

    decoder_free(feeder->decoder);
    free(feeder->bytes);
    free(feeder);
    return 0;
}

static inline uint64_t dropped(const struct feeder *feeder, enum drop_reason reason)
{
    return decoder_counters(feeder->decoder)->dropped[reason];
}

static inline uint64_t dropped_in_all(const struct feeder *feeder)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
        sum += dropped(feeder, (enum drop_reason)i);
    return sum;
}

static inline void assert_no_event(const struct feeder *feeder)
{
    assert_null(decoder_next(feeder->decoder));
}

static inline const struct event *assert_event(const struct feeder *feeder, enum event_kind kind)
{
    const struct event *event = decoder_next(feeder->decoder);

    assert_non_null(event);
    assert_int_equal(event->kind, kind);
    return event;
}

/* The next event is a DNS message with this ID and name. */
static inline const struct event *assert_message(const struct feeder *feeder, unsigned id,
                                                 const char *qname)
{
    const struct event *event = assert_event(feeder, EVENT_DNS);
    char text[NAME_TEXT_SIZE];

    assert_int_equal(event->dns.id, id);
    assert_string_equal(name_to_text(event->dns.qname.bytes, event->dns.qname.size_bytes, text),
                        qname);
    return event;
}

static inline void assert_flow(const struct event *event, const char *source, unsigned source_port,
                               const char *destination, unsigned destination_port)
{
    char text[ADDRESS_TEXT_SIZE];

    assert_string_equal(address_to_text(&event->flow.source, text), source);
    assert_int_equal(event->flow.source_port, source_port);
    assert_string_equal(address_to_text(&event->flow.destination, text), destination);
    assert_int_equal(event->flow.destination_port, destination_port);
}

#endif
