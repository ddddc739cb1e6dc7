/* What the layers of a decoder share, private to this folder. A frame goes down through them:
 *
 *   decoder.c      the driver: takes a frame, hands out events
 *   plain.c        nearly all of them, down to UDP in one go
 *   link.c         a row a link type, a row an EtherType, down to IP
 *   ip.c           IPv4, IPv6 and its extension headers; a row an IP protocol
 *   fragments.c    IP fragments, back into ip.c when a datagram is whole
 *     datagram.c     the pieces of one datagram
 *   udp.c          a row a port that is not DNS
 *   tcp.c          segments: turns of connections, streams of messages
 *     connections.c  the table of connections and its bounds
 *     stream.c       one direction of a connection: octets into messages
 *     segments.c     what came out of order
 *   wrapping.c     the tunnels that mirrors use, back into link.c and ip.c
 *   icmp.c         errors and the packets that they quote
 *   message.c      the DNS header and question
 *   duplicate.c    which packets are copies of others
 *
 * A wrapping is a function that moves `packet->at` behind its header and calls the layer that it
 * wraps, and a row in ip.c or udp.c. */
#ifndef DECODE_LAYERS_H
#define DECODE_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/decoder.h"
#include "decode/flow_hash.h"
#include "decode/hash_words.h"
#include "decode/load.h"

/* Layers that may lie in each other before a packet counts as an attack. */
#define NESTING_MAX 16

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };

/* IP protocols and IPv6 next headers. */
enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_IPV4 = 4, /* in another IP */
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_GRE = 47,
    PROTOCOL_AH = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_DESTINATION_OPTIONS = 60,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140,
};

struct packet {
    const uint8_t *at;  /* the next octet to decode */
    const uint8_t *end; /* behind the last octet that was captured */
    uint32_t missing;   /* octets of this layer behind `end` that the capture cut off */
    unsigned depth;     /* layers that were unwrapped */
    uint64_t path;      /* how it came: a hash of packet_passes() */
    uint64_t addresses; /* a hash of both in the innermost IP header, without a key */
    uint16_t ip_id;     /* of the innermost IPv4 header, 0 in IPv6 */
    uint8_t ttl;        /* of the innermost IP header */
};

/* The frame that something came from. */
struct stamp {
    int64_t time_ns;
    uint64_t number;
    uint32_t source;
};

struct fragments;
struct tcp;
struct duplicates;

/* Flows to or from port 853 that gave an event lately. Deterministic, therefore not keyed. */
#define ENCRYPTED_SETS 256
#define ENCRYPTED_WAYS 4
struct encrypted_flow {
    uint64_t flow; /* its hash_stable(), 0: free */
    int64_t time_ns;
};

struct decoder {
    struct event *event; /* that is being filled */
    unsigned next;       /* of the `ready` events, which are handed out in order: the next */
    unsigned ready;
    bool is_full;        /* the next frame has to wait until decoder_next() returned NULL */
    bool finishing;      /* no frames come any more */
    uint16_t first_port; /* one of dns_ports */
    struct stamp now;
    struct decode_counters counters;
    struct fragments *fragments;
    struct tcp *tcp;
    struct duplicates *duplicates;
    struct event *events[DECODER_AHEAD]; /* each slot once: those that are ready, then the free */
    struct event slots[DECODER_AHEAD];
    uint64_t dns_ports[65536 / 64]; /* a bit a port */
    struct encrypted_flow encrypted[ENCRYPTED_SETS][ENCRYPTED_WAYS];
};

/* How a packet ended: with an event in decoder->event, kept for later, or else the `enum
 * drop_reason` that it counts under. */
enum { PACKET_EVENT = -1, PACKET_KEPT = -2 };
typedef int (*layer_function)(struct decoder *decoder, struct packet *packet);

int link_decode(struct decoder *decoder, struct packet *packet, uint32_t link_type);

int ethernet_decode(struct decoder *decoder, struct packet *packet);
/* What an EtherType announced. */
int ethertype_decode(struct decoder *decoder, struct packet *packet, uint16_t type);

/* An IP packet of either version, told by its first nibble. */
int ip_decode(struct decoder *decoder, struct packet *packet);
int ipv4_decode(struct decoder *decoder, struct packet *packet);
int ipv6_decode(struct decoder *decoder, struct packet *packet);
/* What an IP header announced as `protocol`, extension headers included. */
int ip_payload_decode(struct decoder *decoder, struct packet *packet, uint8_t protocol);
/* Moves over extension headers up to a fragment header or an upper-layer protocol, which it
 * returns; -1: malformed or cut off. */
int ip_skip_extensions(struct packet *packet, uint8_t protocol);

int udp_decode(struct decoder *decoder, struct packet *packet);
/* May a datagram with these ports hold DNS, itself or in what it wraps? */
bool udp_may_hold_dns(const struct decoder *decoder, uint16_t source_port,
                      uint16_t destination_port);
int tcp_decode(struct decoder *decoder, struct packet *packet);
int icmp_decode(struct decoder *decoder, struct packet *packet);
int icmpv6_decode(struct decoder *decoder, struct packet *packet);
/* DoT and DoQ: that they are there is all that can be said. */
int encrypted_decode(struct decoder *decoder, struct packet *packet);

/* Fills `message`, all but `transport` and `exchange_hash`. PACKET_EVENT, or a reason. */
int message_decode(struct dns_message *message, const uint8_t *wire, size_t size, bool cut);
/* Are these octets, perhaps the first of `total` only, the beginning of a DNS message? Strict, for
 * finding the way in the middle of a stream. */
bool message_is_plausible(const uint8_t *wire, size_t size, size_t total);

static inline bool decoder_has_port(const struct decoder *decoder, uint16_t port)
{
    return decoder->dns_ports[port / 64] >> port % 64 & 1;
}

static inline void decoder_drop(struct decoder *decoder, enum drop_reason reason)
{
    decoder->counters.dropped[reason]++;
}

static inline void decoder_stamp_event(struct decoder *decoder, const struct stamp *stamp)
{
    decoder->event->time_ns = stamp->time_ns;
    decoder->event->source = stamp->source;
    decoder->event->frame = stamp->number;
}

/* Makes the event of its `dns`, which is filled. Its hash is that of the question's way. */
static inline void event_set_message(struct event *event, enum transport transport)
{
    event->kind = EVENT_DNS;
    event->dns.transport = transport;
    event->dns.exchange_hash =
        exchange_hash(&event->flow, event->dns.flags & DNS_QR, transport, event->dns.id);
}

static inline void decoder_count_message(struct decoder *decoder, const struct dns_message *message)
{
    decoder->counters.dns_messages++;
    decoder->counters.dns_responses += message->flags >> 15;
}

/* decoder->event->dns is filled: makes it the event. */
static inline void decoder_message_event(struct decoder *decoder, enum transport transport)
{
    event_set_message(decoder->event, transport);
    decoder_count_message(decoder, &decoder->event->dns);
}

static inline size_t packet_size(const struct packet *packet)
{
    return (size_t)(packet->end - packet->at);
}

/* Why a packet ends that is too short for its next header. */
static inline int packet_too_short(const struct packet *packet, enum drop_reason reason)
{
    return packet->missing > 0 ? DROP_CUT_SHORT : (int)reason;
}

/* Keeps the next `size` octets of the wire, as far as they were captured: what follows is padding
 * or a trailer. */
static inline void packet_limit(struct packet *packet, size_t size)
{
    size_t captured = packet_size(packet);

    if (size <= captured) {
        packet->end = packet->at + size;
        packet->missing = 0;
    } else {
        packet->missing = (uint32_t)(size - captured);
    }
}

#define PATH_FACTOR 0xd6e8feb86659fd93u

/* A link-layer address, a VLAN, a tunnel: what a copy of the packet may have otherwise. No hash for
 * tables: it is not keyed. */
static inline void packet_passes(struct packet *packet, uint64_t what)
{
    uint64_t path = packet->path ^ what;

    packet->path = (path << 25 | path >> 39) * 0x9e3779b97f4a7c15u;
}

/* Of a frame as a whole. */
static inline struct packet packet_of_frame(const struct frame *frame)
{
    struct packet packet = {.at = frame->bytes, .end = frame->bytes + frame->size_bytes};

    if (frame->wire_bytes > frame->size_bytes)
        packet.missing = frame->wire_bytes - frame->size_bytes;
    packet_passes(&packet, (uint64_t)frame->source << 32 | frame->link_type);
    return packet;
}

static inline struct stamp stamp_of_frame(const struct frame *frame)
{
    return (struct stamp){frame->time_ns, frame->number, frame->source};
}

/* The next octets as such: 8 to 16 of them, which are there. */
static inline void packet_passes_octets(struct packet *packet, size_t size)
{
    uint64_t words[2];

    memcpy(&words[0], packet->at, sizeof(words[0]));
    memcpy(&words[1], packet->at + size - sizeof(words[1]), sizeof(words[1]));
    packet_passes(packet, words[0] ^ words[1] * PATH_FACTOR);
}

/* What an IP header, which is there, says beside what comes next. */
static inline void packet_note_ipv4(struct packet *packet, const uint8_t *header, struct flow *flow)
{
    packet->ip_id = load_u16(header + 4);
    packet->ttl = header[8];
    flow->source = address_from_ipv4(header + 12);
    flow->destination = address_from_ipv4(header + 16);
}

static inline void packet_note_ipv6(struct packet *packet, const uint8_t *header, struct flow *flow)
{
    packet->ip_id = 0;
    packet->ttl = header[7];
    flow->source = address_from_ipv6(header + 8);
    flow->destination = address_from_ipv6(header + 24);
}

#endif
