/* A response as a validator sees it: what it answers, and its RRsets with the RRSIGs that cover
 * them. Nothing is copied: RRsets point into the message, which must outlive them. */
#ifndef CORRELATE_DNSSEC_REPLY_H
#define CORRELATE_DNSSEC_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/name.h"
#include "decode/records.h"

/* Of an RRSIG's RDATA what stands before the signer's name: type covered, algorithm, labels, TTL,
 * expiration, inception, tag (RFC 4034 section 3.1). */
#define RRSIG_FIXED 18

#define RRSET_RECORDS_MAX    128
#define RRSET_SIGNATURES_MAX 16

struct reply {
    const uint8_t *wire;
    size_t size;
    int64_t time_ns;
    int index; /* in the list of the judgement's messages; -1: out of the keyring */
    struct name qname;
    uint16_t qtype;
    uint16_t rcode; /* with the EDNS bits */
    bool truncated;
    bool answers;         /* records in the answer section */
    bool ds;              /* DS in the authority section: a referral to a signed zone */
    bool denial;          /* NSEC or NSEC3 in the authority section */
    struct name soa, cut; /* owners of the SOA and NS in the authority section; size 0: none */
    uint64_t fingerprint; /* of the records, their order and EDNS apart: equal data, equal value */
};

/* 0, or -1 for what is no response of class IN with one question, or is malformed. */
int reply_read(struct reply *reply, const uint8_t *wire, size_t size, int64_t time_ns, int index);

/* A way further down, or back up: neither an answer nor a denial. */
static inline bool reply_is_referral(const struct reply *reply)
{
    return reply->rcode == 0 && !reply->answers && reply->cut.size_bytes > 0 &&
           reply->soa.size_bytes == 0;
}

struct rdata {
    const uint8_t *at; /* within the message; names in it may be compressed */
    uint16_t size;
};

struct rrset {
    const struct reply *reply; /* NULL: none */
    struct name owner;
    uint16_t type;
    uint16_t count, signature_count;
    bool overflow; /* more records than fit */
    struct rdata records[RRSET_RECORDS_MAX];
    struct rdata signatures[RRSET_SIGNATURES_MAX]; /* RRSIGs with all fixed fields and a signer */
};

/* The RRset in that section; false: no such record. `rrset` is filled in both cases. */
bool reply_rrset(const struct reply *reply, enum section section, const struct name *owner,
                 uint16_t type, struct rrset *rrset);

/* The owners of records of a type, each once, at most `count`. */
size_t reply_owners(const struct reply *reply, enum section section, uint16_t type,
                    struct name *owners, size_t count);

/* Who signed in the answer and authority sections, each key once, at most `count`. */
struct reply_signer {
    struct name zone;
    uint16_t key_tag;
    uint8_t algorithm;
};
size_t reply_signers(const struct reply *reply, struct reply_signer *signers, size_t count);

/* The name at `offset` octets into RDATA, lower; `end` (NULL is fine): the octets of RDATA up to
 * its end. 0 or -1. */
int rdata_name(const struct reply *reply, const struct rdata *rdata, size_t offset,
               struct name *name, size_t *end);

#endif
