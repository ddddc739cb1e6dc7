/* Puts fragmented datagrams together (RFC 791, RFC 8200 section 4.5). Bounded in datagrams, octets
 * and packet time. Overlaps that agree are tolerated, those that differ condemn the datagram (RFC
 * 5722). */
#ifndef DECODE_FRAGMENTS_H
#define DECODE_FRAGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/layers.h"

/* What the header of a fragment says. */
struct fragment {
    uint32_t id;
    uint16_t offset; /* octets */
    bool more;
    bool ipv6;
    uint8_t protocol; /* in IPv6 only the first fragment's counts */
};

struct fragments *fragments_new(uint64_t memory_bytes);
void fragments_free(struct fragments *fragments); /* NULL is fine */

/* Takes the fragment at `packet`, its addresses in decoder->event->flow. The one that completes a
 * datagram ends as the datagram does. */
int fragments_take(struct decoder *decoder, struct packet *packet, const struct fragment *fragment);

/* Is anything waiting for its rest, or given up and not yet reported? */
bool fragments_are_waiting(const struct fragments *fragments);
/* Has fragments_next_lost() anything to say by now? */
bool fragments_are_due(const struct fragments *fragments, int64_t now_ns);

/* True and EVENT_FRAGMENT_LOST in decoder->event for a DNS message whose rest did not come; what it
 * points to lives until the next call. */
bool fragments_next_lost(struct decoder *decoder);

#endif
