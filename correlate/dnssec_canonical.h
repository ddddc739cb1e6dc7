/* The octets that an RRSIG signs (RFC 4034 sections 3.1.8.1 and 6). */
#ifndef CORRELATE_DNSSEC_CANONICAL_H
#define CORRELATE_DNSSEC_CANONICAL_H

#include "correlate/dnssec_reply.h"

struct octets {
    uint8_t *at; /* owned: free() */
    size_t size;
};

/* `signature` is one of the RRset's. 0, or -1: RDATA is malformed, or no memory. */
int canonical_form(struct octets *form, const struct rrset *rrset, const struct rdata *signature);

#endif
