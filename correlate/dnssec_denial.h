/* Proofs that something does not exist, by NSEC (RFC 4035 section 5.4) and by NSEC3 (RFC 5155
 * section 8), also such as are made on the fly for one name (RFC 9824). Hashing is bounded whatever
 * the messages hold (CVE-2023-50868). */
#ifndef CORRELATE_DNSSEC_DENIAL_H
#define CORRELATE_DNSSEC_DENIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/dnssec_signature.h"

/* Above this no resolver of our days follows (RFC 9276 section 3.2); newer ones stop at 50. */
#define NSEC3_ITERATIONS_MAX 150

enum denial_claim {
    CLAIM_NO_NAME,  /* NXDOMAIN */
    CLAIM_NO_TYPE,  /* NODATA */
    CLAIM_WILDCARD, /* an answer by wildcard: the name itself does not exist */
};

enum denial_result {
    DENIAL_PROVEN,
    DENIAL_NONE,       /* neither NSEC nor NSEC3 */
    DENIAL_BAD_RECORD, /* no proof without a record whose signature is not good: `signature` */
    DENIAL_PARAMETERS, /* NSEC3 of an unknown hash or with unknown flags */
    DENIAL_ITERATIONS, /* NSEC3 with more iterations than resolvers follow */
    DENIAL_GAP,        /* well signed, but about something else */
    DENIAL_UNCHECKED,  /* too much work */
};

struct denial {
    enum denial_result result;
    bool delegation; /* PROVEN, of a DS: the name is a zone cut, or may be one (opt-out) */
    uint16_t iterations;
    struct signature signature; /* BAD_RECORD: the worst one */
    struct name owner;          /* and its owner */
    uint16_t type;
};

struct denial_question {
    enum denial_claim claim;
    const struct name *name;
    uint16_t type;
    unsigned wildcard_labels; /* of the RRSIG, for CLAIM_WILDCARD */
};

/* Looks into the authority section. Where `keys` are not known, records count as signed while their
 * signatures are in time. */
void denial_judge(struct denial *denial, const struct reply *reply,
                  const struct denial_question *question, const struct keys *keys, int64_t time_ns,
                  struct work *work);

/* After "the denial of NAME TYPE": "has neither NSEC nor NSEC3 records". Returns `text`. */
#define DENIAL_TEXT_SIZE 256
const char *denial_describe(const struct denial *denial, char text[DENIAL_TEXT_SIZE]);

#endif
