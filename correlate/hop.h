/* A hop of the resolution: the addresses that were asked as servers of one zone (or as forwarders),
 * and how each of them failed. Most of them decide how the hop did. */
#ifndef CORRELATE_HOP_H
#define CORRELATE_HOP_H

#include <stdbool.h>

#include "correlate/inquiry.h"
#include "correlate/verdict.h"

#define HOP_ADDRESSES_MAX 48

struct hop {
    bool forwarder;
    struct name zone; /* size 0: unknown */
    struct hop_address {
        struct address address;
        enum outcome outcome;
        unsigned tries;
        int64_t first_ns; /* its first failed query */
        bool edns_only;   /* all its failed queries had EDNS */
    } addresses[HOP_ADDRESSES_MAX];
    unsigned address_count;
};

void hop_init(struct hop *hop, bool forwarder, const struct name *zone);
/* Adds an exchange that failed. What there is no room for is left out. */
void hop_add(struct hop *hop, const struct item *item);
/* The same of the TCP connections to a server that were tried since this try began. */
void hop_add_connections(struct hop *hop, const struct inquiry *inquiry,
                         const struct address *server);
/* Names the cause of a hop none of whose addresses helped. */
void hop_judge(struct hop *hop, const struct inquiry *inquiry, struct verdict *verdict);

/* hop_silence.c */

/* What silence at an address means depends on what else it did meanwhile: sets the outcomes of
 * those that were silent. */
void hop_read_silence(struct hop *hop, const struct inquiry *inquiry);

/* Is it of a special use that does not work for this resolver? An AAAA record may hold an address
 * that is none of IPv6's. */
bool address_is_useless(const struct inquiry *inquiry, const struct address *address, bool is_aaaa);

/* Was the resolver ever answered over IPv6? */
bool ipv6_ever_answered(const struct inquiry *inquiry);

#endif
