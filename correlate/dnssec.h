/* DNSSEC judged as a validator does (RFC 4035 section 5), by computing: from the trust anchor down,
 * zone by zone, the DS RRset, the DNSKEY RRset that fits it, the signature on that, then the
 * answer's signatures or the denial's. Where the top of the chain was not captured, it begins at
 * the highest DS seen, which is trusted as it stands.
 *
 * All is judged at packet time and with bounded work, whatever the messages hold. */
#ifndef CORRELATE_DNSSEC_H
#define CORRELATE_DNSSEC_H

#include <stddef.h>
#include <stdint.h>

#include "correlate/anchors.h"
#include "correlate/cause.h"
#include "correlate/keyring.h"
#include "decode/name.h"

struct work;

enum dnssec_status {
    DNSSEC_SECURE,
    DNSSEC_INSECURE, /* provably unsigned, or signed by what no resolver supports */
    DNSSEC_BOGUS,
    DNSSEC_INDETERMINATE, /* `text` says what is missing */
};

struct dnssec_message {
    const uint8_t *wire;
    size_t size;
    int64_t time_ns;
};

struct dnssec_question {
    struct name name; /* lower */
    uint16_t type;
    int64_t time_ns; /* of the resolver's failure */
    /* What the resolver got, of all kinds and from all servers, in time order. */
    const struct dnssec_message *messages;
    size_t message_count;
    /* By message, the zone that its server was asked as a server of (size 0: not known): tells
     * whose an unsigned answer is where the referral was not captured. NULL: none is known. */
    const struct name *zones;
    const struct keyring *keyring; /* NULL: none */
    const struct anchors *anchors; /* NULL: none */
    /* What may still be computed for this question and others together; NULL: as much as for one.
     */
    struct work *work;
};

#define DNSSEC_TEXT_SIZE 640

struct dnssec_verdict {
    enum dnssec_status status;
    enum cause cause; /* BOGUS. SECURE with `message` >= 0: what is wrong with that one answer */
    enum confidence confidence;
    struct name zone; /* to blame: the parent's where its DS RRset is at fault. INSECURE: the
                       * highest zone that is */
    bool unanchored;  /* SECURE, but the capture has no DS and no anchor for the keys: the resolver
                       * may  hold one that does not fit them */
    int message;      /* the message at fault, by index; -1: none, or one out of the keyring */
    char text[DNSSEC_TEXT_SIZE]; /* a clause: what was found, with the facts */
};

/* Judges the answer to the question, and to the aliases in the same zone that it holds. */
void dnssec_judge(const struct dnssec_question *question, struct dnssec_verdict *verdict);

#endif
