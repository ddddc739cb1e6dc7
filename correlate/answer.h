/* What a response says, seen by itself: whether it suits the question of an exchange is for the
 * verdict, which knows whom the question was put to. */
#ifndef CORRELATE_ANSWER_H
#define CORRELATE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/event.h"

enum answer_kind {
    ANSWER_NONE,      /* nothing but the RCODE */
    ANSWER_DATA,      /* the records asked for, perhaps behind aliases */
    ANSWER_ALIAS,     /* a CNAME or DNAME whose target has no such record in the message */
    ANSWER_SOA,       /* no such record: the zone's SOA */
    ANSWER_REFERRAL,  /* only NS records in the authority section */
    ANSWER_FOREIGN,   /* answer records, none of them for the name asked */
    ANSWER_CUT,       /* the capture cut off what it says */
    ANSWER_MALFORMED, /* ends early, or its records cannot be read */
};

#define LABELS_UNKNOWN        255
#define PLACE_UNKNOWN         0
#define ANSWER_SIGNATURES_MAX 4

struct answer {
    enum answer_kind kind;
    uint16_t rcode;           /* with the EDNS bits (RFC 6891 section 6.1.3) */
    bool signatures;          /* some RRSIG in it */
    uint8_t signature_count;  /* the first of them, for the forecast of their end */
    bool ds;                  /* a DS in the authority section, as secure referrals carry */
    bool denial;              /* an NSEC or NSEC3 there */
    uint8_t authority_labels; /* of the SOA's or NS records' owner where that is the name asked or
                               * an ancestor of it, else LABELS_UNKNOWN */
    uint64_t authority_hash;  /* hash_bytes() of that name; of the name asked where unknown */
    /* Where these sections begin in the message; PLACE_UNKNOWN where not all of it can be read. */
    size_t authority_at, additional_at;
    bool chained;       /* aliases were followed on the way to `target` */
    bool dname;         /* one of them was a DNAME */
    uint32_t alias_ttl; /* the least of theirs, valid where `chained` */
    struct name target; /* the end of the aliases, valid where `chained` */
    struct {
        const uint8_t *rdata; /* within the message */
        uint16_t rdata_size;
    } signature_records[ANSWER_SIGNATURES_MAX];
};

/* `message` is a response with a question name or without one. */
void answer_read(struct answer *answer, const struct dns_message *message);

/* What a query says of EDNS (RFC 6891). */
struct answer_edns {
    bool present;
    bool dnssec_ok;
};
struct answer_edns answer_query_edns(const struct dns_message *message);

/* Has the query a COOKIE option (RFC 7873)? */
bool answer_query_cookie(const struct dns_message *message);

#endif
