/* Tells copies of a packet from its retransmissions.
 *
 * A mirror port shows a packet as often as it passes a mirrored place: in two VLANs, before and
 * after a router, on a bridge and on its port. What was sent again may be the same byte for byte,
 * and comes along the same path; a copy differs from its original in nothing but the path: who
 * captured it (file or interface), link-layer addresses, VLANs, tunnels, the TTL. So a packet is a
 * copy if the same came along another path a moment ago, one for one: the second on this path is a
 * copy of the second on the other. That holds for the first packet of a capture, too; only of two
 * paths of which it is known by then that hardly anything on either appears on the other (links
 * that share a load, a capture cut into files) it is not believed.
 *
 * Some mirrors repeat a frame on the same path, within microseconds. It is a copy where its IPv4
 * identification proves it, that is where identifications differ from packet to packet on this
 * path; otherwise only once nearly everything of this file or interface comes twice.
 *
 * Runs on packet time and remembers a fixed number of packets. */
#ifndef DECODE_DUPLICATE_H
#define DECODE_DUPLICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/layers.h"

struct duplicates;

struct duplicates *duplicates_new(void);             /* NULL: out of memory */
void duplicates_free(struct duplicates *duplicates); /* NULL is fine */

/* What is compared, and how the packet came. */
struct likeness {
    uint64_t key;        /* likeness_of() */
    uint32_t path;       /* a hash */
    uint32_t size_bytes; /* with the header that the checksum stands in */
    /* Of UDP and TCP, whose checksum says the rest; `protocol` 0: none. */
    uint16_t checksum;
    uint16_t ip_id;
    uint8_t protocol;
    uint8_t ttl;
};

/* What no path changes: between whom it is (a keyed hash), IP identification, size, and what is
 * told apart by one word more. */
static inline struct likeness likeness_of(const struct packet *packet, uint64_t between,
                                          uint32_t size_bytes, uint64_t word)
{
    uint64_t header = (uint64_t)packet->ip_id << 32 | size_bytes;

    return (struct likeness){
        .key = between + (word ^ header * 0xbf58476d1ce4e5b9u),
        .path = (uint32_t)(packet->path >> 32),
        .size_bytes = size_bytes,
        .ip_id = packet->ip_id,
        .ttl = packet->ttl,
    };
}

/* Of a DNS message over UDP that was decoded. The word holds its flags and the first three counts.
 */
static inline struct likeness likeness_of_message(const struct packet *packet,
                                                  const struct event *event,
                                                  const uint8_t *udp_header, uint32_t size_bytes)
{
    struct likeness likeness =
        likeness_of(packet, event->dns.exchange_hash, size_bytes, hash_load(event->dns.wire + 2));

    likeness.checksum = load_u16(udp_header + 6);
    likeness.protocol = PROTOCOL_UDP;
    return likeness;
}

/* Has the memory at hand that duplicate_found() will need. */
void duplicate_foresee(const struct decoder *decoder, const struct likeness *likeness);

/* True: the packet is a copy of one that was there before. Every packet that may become an event
 * has to be shown, once. */
bool duplicate_found(struct decoder *decoder, const struct likeness *likeness);
/* The same for packets that became these events, 64 at most: a bit for each, the first one's
 * lowest, set where it is a copy. */
uint64_t duplicates_find(struct decoder *decoder, struct event *const *events,
                         const struct likeness *likenesses, size_t count);

#endif
