/* The chain of trust: what is known of each zone between the anchor and a name. */
#ifndef CORRELATE_DNSSEC_CHAIN_H
#define CORRELATE_DNSSEC_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "correlate/dnssec.h"
#include "correlate/dnssec_denial.h"
#include "correlate/dnssec_signature.h"

enum link_status {
    LINK_SIGNED,  /* `keys` may be known */
    LINK_UNKNOWN, /* nothing says whether the zone is signed */
    LINK_INSECURE,
    LINK_BOGUS,
};

struct link {
    enum link_status status;
    bool anchored; /* there is a DS or an anchor: it must be signed. Else its keys and signatures
                    * count as they stand */
    struct keys keys;
    struct dnssec_verdict verdict; /* INSECURE and BOGUS */
};

#define LINKS_MAX    32
#define BORROWED_MAX 32
#define SIGNERS_MAX  96

struct chain {
    const struct dnssec_question *question;
    struct reply *replies; /* owned */
    size_t reply_count;
    struct reply borrowed[BORROWED_MAX]; /* out of the keyring */
    size_t borrowed_count;
    struct reply_signer signers[SIGNERS_MAX]; /* those of the answers to the question first */
    size_t signer_count, final_signer_count;
    struct link links[LINKS_MAX];
    size_t link_count;
    struct work work;
};

/* NULL: out of memory. */
struct chain *chain_new(const struct dnssec_question *question);
void chain_free(struct chain *chain);

/* The link of the zone that `owner`'s records of that type are in, or of the first one above it
 * that is bogus or insecure. */
const struct link *chain_reach(struct chain *chain, const struct name *owner, uint16_t type);

/* Do the packets show that the records of `owner` in `reply` are the zone's own, and not those of a
 * zone below whose cut was not captured? Where they do not, what is missing accuses nobody. */
bool chain_shows_within(const struct chain *chain, const struct name *zone,
                        const struct name *owner, uint16_t type, const struct reply *reply);

/* When the signatures of a reply are judged: at the failure; what came before this resolution,
 * when it came. */
int64_t chain_time(const struct chain *chain, const struct reply *reply);

/* An answer to the question itself, whatever it says. */
bool reply_is_final(const struct reply *reply, const struct dnssec_question *question);

void verdict_set(struct dnssec_verdict *verdict, enum dnssec_status status, enum cause cause,
                 enum confidence confidence, const struct name *zone, const struct reply *reply,
                 const char *format, ...) __attribute__((format(printf, 7, 8)));

/* A bogus verdict over a signature or a denial under this link. */
void verdict_of_signature(struct dnssec_verdict *verdict, const struct link *link,
                          const struct rrset *rrset, const struct signature *signature);
void verdict_of_denial(struct dnssec_verdict *verdict, const struct link *link,
                       const struct reply *reply, const struct denial_question *question,
                       const struct denial *denial);

#endif
