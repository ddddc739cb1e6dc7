/* A zone that a network keeps for itself: its own servers answer for it, unsigned, under a name
 * that the rest of the world knows as signed. A validating resolver must fail there until it is
 * told not to validate it (a negative trust anchor, RFC 7646). */
#ifndef CORRELATE_PRIVATE_ZONE_H
#define CORRELATE_PRIVATE_ZONE_H

#include <stdbool.h>

#include "correlate/inquiry.h"

/* What shows it, the strongest first. */
enum private_sign {
    /* The rest of the world is told, with a proof, that there is no such zone. */
    PRIVATE_DENIED,
    /* A forwarder was asked for what the chain of trust needs, and said with authority that there
     * is no such record: what others answer it would pass on without authority. */
    PRIVATE_UNCHAINED,
    /* A forwarder answered with authority. */
    PRIVATE_ANSWERED,
    PRIVATE_SIGN_COUNT,
};

struct private_zone {
    enum private_sign sign;
    struct name zone;            /* size 0: not known */
    struct blamed_server server; /* one that answers for it */
};

/* Did the question need such a zone? */
bool private_zone_find(const struct inquiry *inquiry, struct private_zone *found);

#endif
