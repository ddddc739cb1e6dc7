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

/* What is compared. */
struct likeness {
    uint64_t key; /* likeness_key() */
    /* Of UDP and TCP, whose checksum says the rest; `protocol` 0: none. Their flow is
     * decoder->event->flow. */
    uint16_t checksum;
    uint8_t protocol;
    uint32_t size_bytes; /* with the header that the checksum stands in */
};

/* What no path changes: addresses, IP identification, size, ports, and what is told apart by two
 * words more. A multilinear hash without a key, out of what is at hand: who makes packets of his
 * own collide has them compared with each other, which takes bounded time. */
static inline uint64_t likeness_key(const struct packet *packet, uint32_t size_bytes,
                                    uint32_t ports, uint64_t first, uint64_t second)
{
    uint64_t header = (uint64_t)packet->ip_id << 32 | size_bytes;

    return packet->addresses + (header ^ (uint64_t)ports << 16) * 0xbf58476d1ce4e5b9u +
           first * 0x94d049bb133111ebu + second * 0xd6e8feb86659fd93u;
}

/* Has the memory at hand that duplicate_found() will need. */
void duplicate_foresee(const struct decoder *decoder, const struct likeness *likeness);

/* True: the packet is a copy of one that was there before. Every packet that may become an event
 * has to be shown, once. */
bool duplicate_found(struct decoder *decoder, const struct packet *packet,
                     const struct likeness *likeness);

#endif
