/* The judgement of one question: at which hop of the resolution it ended, and what that hop's
 * addresses did. The argument runs from left to right: exchange -> outcome of an address -> hop ->
 * verdict. */
#ifndef CORRELATE_VERDICT_H
#define CORRELATE_VERDICT_H

#include <stdbool.h>

#include "correlate/incident.h"
#include "correlate/inquiry.h"

enum resolution {
    RESOLUTION_FAILED,  /* `cause` says how */
    RESOLUTION_GOOD,    /* all that was asked was answered well */
    RESOLUTION_UNASKED, /* nobody was asked for what comes next: `zone` says whom, if it is known */
};

struct verdict {
    enum resolution resolution;
    enum cause cause;
    enum confidence confidence;
    struct name zone;
    unsigned aliases;       /* followed on the way */
    unsigned tries;         /* transmissions at the failed hop */
    unsigned asked_servers; /* addresses that were tried there */
    unsigned known_servers; /* addresses that the failed zone is known to have, 0: not known */
    /* The lists are long, and mostly short of entries: what is behind their counts is neither set
     * nor copied. */
    unsigned server_count, contributing_count;
    struct blamed_server servers[BLAMED_SERVERS_MAX];
    struct contributing contributing[CONTRIBUTING_MAX];
};

/* Empties the verdict. */
void verdict_init(struct verdict *verdict, enum resolution resolution);
void verdict_copy(struct verdict *to, const struct verdict *from);
void verdict_fail(struct verdict *verdict, enum cause cause, enum confidence confidence,
                  const struct name *zone);

/* A hop: the addresses that were asked as servers of one zone (or as forwarders), an outcome each.
 */
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
void hop_add(struct hop *hop, const struct item *item);
void hop_add_connections(struct hop *hop, const struct inquiry *inquiry,
                         const struct address *server);
/* Names the cause of a hop none of whose addresses helped. */
void hop_judge(struct hop *hop, const struct inquiry *inquiry, struct verdict *verdict);

/* Is it of a special use that does not work for this resolver? An AAAA record may hold an address
 * that is none of IPv6's. */
bool address_is_useless(const struct inquiry *inquiry, const struct address *address, bool is_aaaa);

/* What the resolver has asked over IPv6 so far, and was answered. */
struct ipv6_use {
    uint64_t queries, answers;
};
struct ipv6_use ipv6_use(const struct inquiry *inquiry);

/* Judges the question of `inquiry` by its active items. */
void verdict_reach(const struct inquiry *inquiry, struct verdict *verdict);

void contributing_copy(struct contributing *to, const struct contributing *from, unsigned count);
/* By address, for output. */
void servers_sort(struct blamed_server *servers, unsigned count);

void verdict_contribute(struct verdict *verdict, enum cause cause, const struct name *zone,
                        const struct blamed_server *servers, unsigned server_count);

#endif
