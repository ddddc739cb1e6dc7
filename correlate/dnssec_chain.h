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

/* Differing answers that tell of a zone's DS or DNSKEY. */
#define CANDIDATES_MAX 6

struct candidates {
    const struct reply *replies[CANDIDATES_MAX];
    size_t count;
};

/* Out of this resolution, the newest first; only where the resolver did not ask, out of what was
 * seen before. */
void chain_candidates(struct chain *chain, const struct name *zone, uint16_t type,
                      struct candidates *candidates);

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

#endif
