/* Inside of party.h, for its own files: party.c (who did what), roles.c (what follows from it),
 * coincidence.c (which egress works for which service), silence.c (who got no answers). */
#ifndef CORRELATE_PARTY_PRIVATE_H
#define CORRELATE_PARTY_PRIVATE_H

#include <string.h>

#include "correlate/party.h"
#include "correlate/table.h"
#include "decode/hash.h"
#include "decode/hash_words.h"

#define SERVICES_MAX 512
#define ASKED_WAYS   4
/* Services and egresses that are found without a look-up: nearly all packets name one of few. */
#define KNOWN_MAX  64
#define ROLE_BITS  4096
#define ROLE_MEMOS 64 /* a power of two */
/* What a coincidence with one service only counts, and votes after which nothing more is learned.
 */
#define VOTE_EXCLUSIVE 4
#define VOTES_ENOUGH   64

/* Questions to services that wait for their answer: a bucket holds a few, and what tells whether
 * one of them is looked for is a line of the cache. */
struct asked_bucket {
    uint64_t keys[ASKED_WAYS]; /* 0: none */
    int64_t times_ns[ASKED_WAYS];
    struct asked {
        struct address service, asker;
    } asked[ASKED_WAYS];
};

/* The roles around one service, as they were in an epoch. */
struct role_memo {
    uint64_t epoch; /* 0: not used */
    struct address service, canonical;
    bool asks_upstream;
    bool has_relations; /* what follows is worked out */
    uint8_t egress_count;
    struct address egresses[EGRESSES_MAX];
};

struct parties {
    struct party *known[KNOWN_MAX]; /* those with roles, by role_bit() */
    struct party *last;             /* the one that was looked up last */
    uint64_t
        role_bits[ROLE_BITS / 64]; /* a filter: who is not in it is neither service nor egress */
    struct table *table;
    struct asked_bucket *asked;
    uint64_t asked_mask; /* buckets, a power of two, less one */
    int64_t asked_ns;    /* when the last one was remembered */
    struct party *services[SERVICES_MAX], *egresses[SERVICES_MAX];
    size_t service_count, egress_count;
    struct address *given_resolvers, *given_egresses;
    size_t given_resolver_count, given_egress_count;
    /* Roles are looked up with each SERVFAIL and change seldom: the epoch ends with whatever they
     * follow from. */
    uint64_t role_epoch;
    uint32_t votes_level; /* the most votes that one got regularly, a power of two */
    struct role_memo *memos;
    const char *working_special_uses[8];
    size_t working_special_use_count;
    minute_function emit;
    void *context;
};

static inline bool among(const struct address *addresses, size_t count,
                         const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (address_equal(&addresses[i], address))
            return true;
    return false;
}

static inline uint64_t party_key(const struct address *address)
{
    return hash_address(address);
}

static inline bool party_sends(const struct party *party)
{
    return party->iterative_queries + party->recursive_queries > 0;
}

/* What a question to a service is remembered under, never 0. */
static inline uint64_t asked_key(const struct dns_message *message)
{
    return hash_mix(message->qname_hash, message->qtype) | 1;
}

/* By what it answers, or because it was said so. */
static inline bool party_is_service(const struct parties *parties, const struct party *party)
{
    return parties->given_resolver_count
               ? among(parties->given_resolvers, parties->given_resolver_count, &party->address)
               : party->recursive_answers > 0;
}

/* To be called when something changes that a role follows from. */
static inline void roles_change(struct parties *parties)
{
    parties->role_epoch++;
}

/* What of a party's own the roles follow from, but for its votes: equal as long as nothing changes.
 * The first two matter of any party, the others of those in the lists. */
enum trait { TRAIT_ANSWERS = 1, TRAIT_RESOLVES = 2, TRAIT_SENDS = 4, TRAIT_ASKED = 8 };
uint8_t party_traits(const struct party *party);
/* The same of its votes. */
uint64_t party_links_digest(const struct parties *parties, const struct party *party);

/* The most votes that it has for any address, service or not. */
static inline uint32_t party_raw_votes(const struct party *party)
{
    uint32_t most = 0;

    for (unsigned i = 0; i < PARTY_LINKS; i++)
        most = party->links[i].votes > most ? party->links[i].votes : most;
    return most;
}

/* Are the party's coincidences more than chance? With thousands of clients and several services
 * some client always asks what another has just asked elsewhere; an egress does so again and again.
 */
bool party_is_convincing(const struct parties *parties, const struct party *party);

/* The votes of the service that most of them are for. */
uint32_t party_most_votes(const struct parties *parties, const struct party *party);

/* Remembers a question to a service, which an egress may ask for next. */
void coincidence_remember(struct parties *parties, const struct event *event);
/* The service answered it. */
void coincidence_close(struct parties *parties, const struct event *event);
/* Was some service asked for the same a moment ago, for which the asker may work then? */
bool coincidence_is_there(const struct parties *parties, const struct event *event);
/* Where it was, the asker gets a vote. */
void coincidence_learn(struct parties *parties, struct party *asker, const struct event *event,
                       const struct exchange_table *exchanges);

/* The asker asks, and gets an answer. */
void silence_extend(struct party *asker, const struct event *event);
void silence_end(struct party *asker, int64_t time_ns);

#endif
