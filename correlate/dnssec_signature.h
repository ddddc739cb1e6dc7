/* How far the signatures over an RRset get, in the order in which validators look (RFC 4035 section
 * 5.3): is there one by this zone, is its key there, is it its time, does it verify. One good
 * signature clears an RRset; otherwise the one that got furthest names the cause.
 *
 * The work is bounded whatever the messages hold (CVE-2023-50387). */
#ifndef CORRELATE_DNSSEC_SIGNATURE_H
#define CORRELATE_DNSSEC_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/cause.h"
#include "correlate/dnssec_reply.h"

/* Of a DNSKEY's flags (RFC 4034 section 2.1.1): without it a key signs no zone's data. */
#define DNSKEY_ZONE 0x0100

/* What a judgement may still compute. */
struct work {
    unsigned verifications;
    unsigned failures; /* verifications in vain, weighed by signature_cost() */
    unsigned digests;
    unsigned hash_rounds;
};

/* A zone's owner can make as many wrong signatures as he likes; resolvers stop after few, too. */
#define WORK_FAILURES            4
#define WORK_VERIFICATIONS       64
#define WORK_VERIFICATIONS_RRSET 16
#define WORK_DIGESTS             64
#define WORK_HASH_ROUNDS         65536

/* As much as one judgement may compute. */
struct work work_whole(void);

/* From the worst to the best. */
enum signature_progress {
    SIGNATURE_ABSENT,
    SIGNATURE_UNFIT,       /* by another zone, or its fields contradict the RRset */
    SIGNATURE_UNSUPPORTED, /* by an algorithm that is not in use */
    SIGNATURE_KEY_ABSENT,
    SIGNATURE_EXPIRED,
    SIGNATURE_NOT_YET_VALID,
    SIGNATURE_WRONG,     /* computed, does not verify */
    SIGNATURE_UNCHECKED, /* in time; not computed: the keys are unknown, or too much work */
    SIGNATURE_GOOD,
};

struct signature {
    enum signature_progress progress;
    bool within_skew; /* expired or not yet valid, but by less than unbound tolerates */
    bool wildcard;    /* made for a wildcard of which the owner is an expansion */
    uint8_t algorithm;
    uint8_t labels;
    uint16_t key_tag;
    uint32_t inception, expiration;
    struct name signer;
};

struct keys {
    struct name zone;
    bool known;          /* else signatures are judged by their time alone */
    struct rrset rrset;  /* DNSKEY, where `known` */
    const bool *allowed; /* NULL: all; else by index, which may be used */
};

/* Puts the signature that got furthest into `best`; returns whether it is good. */
bool rrset_verify(const struct rrset *rrset, const struct keys *keys, int64_t time_ns,
                  struct work *work, struct signature *best);

/* The cause that a signature short of UNCHECKED means for an RRset of a signed zone. */
enum cause signature_cause(const struct signature *signature);

/* An inception or expiration, the moment closest to 1970..2106 that it can mean. Returns `text`. */
#define SIGNATURE_MOMENT_SIZE 32
const char *signature_moment(uint32_t seconds, char text[SIGNATURE_MOMENT_SIZE]);

/* "the signature over www.example.com. A by key 4711 (RSASHA256) expired at ..." Returns `text`. */
#define SIGNATURE_TEXT_SIZE 512
const char *signature_describe(const struct signature *signature, const struct rrset *rrset,
                               char text[SIGNATURE_TEXT_SIZE]);

#endif
