/* Takes frames apart: link layers, IP, fragments, TCP streams, ICMP, DNS. Bounded in memory and in
 * time per packet whatever the bytes; what gives no message is counted under a reason. */
#ifndef DECODE_DECODER_H
#define DECODE_DECODER_H

#include <stdint.h>

#include "capture/frame.h"
#include "decode/event.h"

/* Why a frame (or a TCP stream, or a datagram's fragments) gave no message. */
#define DROP_REASONS(X)                                                                            \
    X(LINK_TYPE, "link-type", "a link type that is not decoded")                                   \
    X(CUT_SHORT, "cut-short", "the snap length cut off what is needed")                            \
    X(NOT_IP, "not-ip", "neither IPv4 nor IPv6")                                                   \
    X(BAD_LINK, "bad-link", "malformed link layers")                                               \
    X(BAD_IP, "bad-ip", "malformed IP header or extension headers")                                \
    X(BAD_WRAPPING, "bad-wrapping", "malformed GRE or ERSPAN header")                              \
    X(TOO_DEEP, "too-deep", "more layers in each other than any network has")                      \
    X(NOT_DNS, "not-dns", "no DNS port, or a protocol that carries none")                          \
    X(BAD_UDP, "bad-udp", "malformed UDP header")                                                  \
    X(BAD_TCP, "bad-tcp", "malformed TCP header")                                                  \
    X(BAD_ICMP, "bad-icmp", "ICMP error whose quote is malformed or too short")                    \
    X(DUPLICATE, "duplicate", "a copy of a packet that was seen on another path")                  \
    X(BAD_DNS, "bad-dns", "not a DNS message: shorter than its header")                            \
    X(FRAGMENT_BAD, "fragment-bad", "overlapping or impossible fragments")                         \
    X(FRAGMENT_INCOMPLETE, "fragment-incomplete", "fragments whose rest never came")               \
    X(FRAGMENT_EVICTED, "fragment-evicted", "fragments given up for want of room")                 \
    X(TCP_LOST, "tcp-lost", "TCP octets lost to a gap, or no message boundary found")              \
    X(TCP_EVICTED, "tcp-evicted", "TCP connections given up for want of room")

enum drop_reason {
#define X(name, code, text) DROP_##name,
    DROP_REASONS(X)
#undef X
        DROP_REASON_COUNT
};

const char *drop_reason_code(enum drop_reason reason);

struct decode_counters {
    uint64_t packets;
    uint64_t dns_messages;
    uint64_t dns_responses;
    uint64_t dropped[DROP_REASON_COUNT];
    int64_t first_time_ns; /* INT64_MAX before the first packet */
    int64_t last_time_ns;  /* INT64_MIN before the first packet */
};

struct decoder;

struct decoder_options {
    const uint16_t *ports; /* DNS ports; NULL: only 53 */
    unsigned port_count;   /* at most 16 */
    uint64_t memory_bytes; /* for reassembly, 0 for the default (16 MiB) */
};

/* NULL: out of memory. */
struct decoder *decoder_new(const struct decoder_options *options);
void decoder_free(struct decoder *decoder); /* NULL is fine */

/* Events that wait to be handed out, at most. */
#define DECODER_AHEAD 16

/* Takes the first of the frames, one at least and as many as there is room for, and returns how
 * many. There must be room. The frames' bytes are borrowed until decoder_next() returns NULL.
 * Malformed input is never an error. */
size_t decoder_feed(struct decoder *decoder, const struct frame *frames, size_t count);
/* May another frame be fed before decoder_next() returned NULL? True until there is more than what
 * waits in plain datagrams, or DECODER_AHEAD of those, or decoder_next() took some of them. */
bool decoder_has_room(const struct decoder *decoder);
/* The events that decoder_next() will return next, as far as they are known: who looks ahead at
 * them has the memory that they need at hand when their turn comes. */
const struct event *const *decoder_ahead(const struct decoder *decoder, unsigned *count);
/* Time goes on although no frame comes: fragments whose rest is overdue become events. Never leads
 * back. */
void decoder_advance(struct decoder *decoder, int64_t now_ns);
/* No more frames: incomplete fragments become events. */
void decoder_finish(struct decoder *decoder);
/* The next event of what was fed, or NULL. It is borrowed until the next call to the decoder. */
const struct event *decoder_next(struct decoder *decoder);

const struct decode_counters *decoder_counters(const struct decoder *decoder);

#endif
