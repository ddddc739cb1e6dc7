/* The step from what the parent (or an anchor) says of a zone's keys to the keys: its DNSKEY RRset
 * must hold one that fits and be signed by it (RFC 4035 section 5.2). */
#ifndef CORRELATE_DNSSEC_KEYS_H
#define CORRELATE_DNSSEC_KEYS_H

#include "correlate/dnssec_chain.h"

#define POINTS_MAX 16
#define DS_FIXED   4 /* tag, algorithm, digest type */

/* What a DNSKEY must fit: a DS, or a DNSKEY out of an anchor. */
struct point {
    uint16_t type;
    struct rdata rdata;
};

struct points {
    struct point at[POINTS_MAX];
    size_t count;
};

/* Takes out what resolvers do not use: the unsupported, and SHA-1 beside a better one (RFC 4509).
 */
void points_filter(struct points *points);

/* Finds the zone's keys and leaves them in the link; a link without any reply to say is signed, its
 * keys unknown. `points` NULL: the keys count as they stand. */
void link_find_keys(struct chain *chain, struct link *link, const struct points *points);

#endif
