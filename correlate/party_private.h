/* Inside of party.h, for its own files: party.c (who there is), party_packets.c (who did what),
 * party_minutes.c (how much of it, by the minute), roles.c (what an address is by that),
 * relations.c (which addresses are one resolver's), coincidence.c (what tells which egress works
 * for which service), links.c (which of that wins), silence.c (who got no answers). */
#ifndef CORRELATE_PARTY_PRIVATE_H
#define CORRELATE_PARTY_PRIVATE_H

#include <string.h>

#include "correlate/party.h"
#include "correlate/table.h"
#include "decode/hash.h"
#include "decode/hash_words.h"
#include "decode/rare.h"

#define ROLES_MAX  512
#define ASKED_WAYS 4
/* Kinds of address that servers answered at; there are some more. */
#define SPECIAL_USES_MAX 8
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
        uint64_t exchange_hash; /* the answer has the same: another's, or a forged one, has not */
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

/* Those with a role, in order of address, so that no hash order reaches a verdict. */
struct role_list {
    size_t count, capacity;
    struct role_member {
        const struct address *address; /* its own */
        void *party;                   /* struct server or struct asker */
    } members[ROLES_MAX];
};

/* The minute of a time, and the first one of its quarter of an hour, counted from 1970 on and from
 * 1; asked for with each packet, and nearly always the same as for the one before. */
struct minute_clock {
    int64_t begin_ns;
    uint32_t minute, quarter;
};

struct parties {
    struct minute_clock clock;
    int64_t unheard_query_ns; /* the last one to a server that never answered */
    /* Those with roles, by role_bit(). */
    struct server *known_services[KNOWN_MAX];
    struct asker *known_egresses[KNOWN_MAX];
    /* A filter: who is not in it is neither service nor egress. */
    uint64_t role_bits[ROLE_BITS / 64];
    struct table *servers, *askers;
    struct asked_bucket *asked;
    uint64_t asked_mask; /* buckets, a power of two, less one */
    int64_t asked_ns;    /* when the last one was remembered */
    struct role_list services, egresses;
    struct address *given_resolvers, *given_egresses;
    size_t given_resolver_count, given_egress_count;
    /* Roles are looked up with each SERVFAIL and change seldom: the epoch ends with whatever they
     * follow from. */
    uint64_t role_epoch;
    uint64_t recursive_queries; /* RD=1, of anybody */
    struct tally chance;        /* of those who do not stand out: what coincides by chance */
    struct role_memo *memos;
    const char *working_special_uses[SPECIAL_USES_MAX];
    size_t working_special_use_count;
    minute_function emit;
    void *context;
};

static inline struct server *service_at(const struct parties *parties, size_t at)
{
    return parties->services.members[at].party;
}

static inline struct asker *egress_at(const struct parties *parties, size_t at)
{
    return parties->egresses.members[at].party;
}

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

/* The first questions to a service may be anybody's; of the later ones a share tells enough. The
 * share goes by the question, so that one that is passed on is in it each time. */
#define EARLY_QUERIES 256
#define SAMPLE_OF     32

static inline bool is_in_sample(const struct dns_message *message)
{
    const struct name *qname = &message->qname;
    unsigned middle = qname->bytes[qname->size_bytes / 2];

    return (qname->bytes[1] + 3u * middle + 5u * qname->size_bytes) % SAMPLE_OF == 0;
}

/* What resolvers ask for and clients hardly ever do. */
static inline bool is_infrastructure(const struct dns_message *message)
{
    return message->qname.size_bytes == 1 || message->qtype == TYPE_DNSKEY ||
           message->qtype == TYPE_DS;
}

/* What a question to a service is remembered under, never 0. */
static inline uint64_t asked_key(const struct dns_message *message)
{
    return hash_mix(message->qname_hash, message->qtype) | 1;
}

/* By what it answers, or because it was said so. */
static inline bool server_is_service(const struct parties *parties, const struct server *server)
{
    return parties->given_resolver_count
               ? among(parties->given_resolvers, parties->given_resolver_count, &server->address)
               : server->recurses;
}

/* To be called when something changes that a role follows from. */
static inline void roles_change(struct parties *parties)
{
    parties->role_epoch++;
}

/* What of an asker's own the roles follow from, but for its votes: equal as long as nothing
 * changes. The first matters of any asker, the others of egresses. */
enum trait { TRAIT_RESOLVES = 1, TRAIT_SENDS = 2, TRAIT_ASKED = 4 };
uint8_t asker_traits(const struct asker *asker);
/* How much it coincides with the service; whether a service of so many votes is one that it works
 * for, where it is not another resolver's, which that one forwards to or is asked by. */
uint32_t asker_votes_for(const struct asker *egress, const struct address *service);
bool asker_votes_win(const struct parties *parties, const struct asker *egress, uint32_t votes);
bool asker_is_anothers(const struct parties *parties, const struct asker *egress,
                       const struct address *service);
/* As asker_traits(), of its votes. */
uint64_t asker_links_digest(const struct parties *parties, const struct asker *asker);

/* Is it a resolver by what it asks: RD=0 more than RD=1, or keys and root servers? */
bool asker_behaves_as_resolver(const struct asker *asker);
/* That, or by what it answers, or because it was said so? */
bool asker_acts_as_resolver(const struct parties *parties, const struct asker *asker);
/* That, or do more of its questions coincide than chance gives? With thousands of clients and
 * several services some client always asks what another has just asked elsewhere. */
bool asker_is_convincing(const struct parties *parties, const struct asker *asker);

/* The votes of the service that most of them are for. */
uint32_t asker_most_votes(const struct parties *parties, const struct asker *asker);

/* Is it in the list of services? */
bool parties_is_listed(const struct parties *parties, const struct address *address);
/* Is it asked by somebody who is not a resolver himself? */
bool server_has_clients(const struct parties *parties, const struct server *service);

/* relations.c */

/* Is the service seen asking upstream, itself or through an egress? */
bool parties_asks_upstream(const struct parties *parties, const struct address *service);

/* party.c */

/* Not keyed: a stranger whose address meets another's bit costs a look-up, no more. */
static inline unsigned role_bit(const struct address *address)
{
    uint64_t halves[2];

    memcpy(halves, address->bytes, sizeof(halves));
    return (unsigned)((halves[0] ^ halves[1]) * UINT64_C(0x9e3779b97f4a7c15) >> 52) % ROLE_BITS;
}

static inline struct server *known_service(const struct parties *parties,
                                           const struct address *address)
{
    struct server *known = parties->known_services[role_bit(address) % KNOWN_MAX];

    return known && address_equal(&known->address, address) ? known : NULL;
}

static inline struct asker *known_egress(const struct parties *parties,
                                         const struct address *address)
{
    struct asker *known = parties->known_egresses[role_bit(address) % KNOWN_MAX];

    return known && address_equal(&known->address, address) ? known : NULL;
}

struct server *parties_find_or_add_server(struct parties *parties, const struct address *address,
                                          int64_t now_ns);
struct asker *parties_find_or_add_asker(struct parties *parties, const struct address *address,
                                        int64_t now_ns);
/* It acted: it is not the one to go when one has to. Told once in a while. */
#define TOUCH_PERIOD_BITS 33 /* 2^33 ns are some nine seconds */

static inline uint32_t touch_period(int64_t now_ns)
{
    return (uint32_t)(now_ns >> TOUCH_PERIOD_BITS);
}

/* The clock was set back since it acted last: its times lie behind, and not ahead. */
void server_set_back(struct server *server, int64_t now_ns);
void asker_set_back(struct asker *asker, int64_t now_ns);

static inline bool is_ahead(uint32_t touched_period, int64_t now_ns)
{
    return touched_period > touch_period(now_ns + FUTURE_NS);
}

static inline void parties_touch_server(struct parties *parties, struct server *server,
                                        int64_t now_ns)
{
    if (server->touched_period == touch_period(now_ns))
        return;
    if (is_ahead(server->touched_period, now_ns))
        server_set_back(server, now_ns);
    table_touch(parties->servers, server);
    server->touched_period = touch_period(now_ns);
}

static inline void parties_touch_asker(struct parties *parties, struct asker *asker, int64_t now_ns)
{
    if (asker->touched_period == touch_period(now_ns))
        return;
    if (is_ahead(asker->touched_period, now_ns))
        asker_set_back(asker, now_ns);
    table_touch(parties->askers, asker);
    asker->touched_period = touch_period(now_ns);
}

/* Those who have become what the lists are of are put there. */
void parties_enlist_service(struct parties *parties, struct server *server, int64_t now_ns);
void parties_enlist_egress(struct parties *parties, struct asker *asker, int64_t now_ns);
/* One that coincided by chance is taken off again, where nothing else makes it an egress. */
void parties_strike_egress(struct parties *parties, struct asker *asker);

/* party_minutes.c */

void minute_clock_set(struct minute_clock *clock, int64_t time_ns);

/* Has a packet of this time and source its place among the counters? */
static inline bool server_counts(struct parties *parties, const struct server *server,
                                 int64_t time_ns, uint32_t source)
{
    struct minute_clock *clock = &parties->clock;

    if ((uint64_t)time_ns - (uint64_t)clock->begin_ns >= MINUTE_NS)
        minute_clock_set(clock, time_ns);
    return server->source == source &&
           server->minute == (server->by_minute ? clock->minute : clock->quarter);
}

/* Tells of what was counted, and begins with the clock's minute. */
void server_begin_minute(struct parties *parties, struct server *server, uint32_t source);
/* Tells of what was counted because a counter is full; the minute goes on. */
void server_split_minute(struct parties *parties, struct server *server);
void server_flush_minute(struct parties *parties, struct server *server);

/* Somebody who may be a client asks it: from here on it is counted by the minute. */
static inline void server_count_by_minute(struct server *server)
{
    server->minute = 0;
}

/* Remembers a question to a service, which an egress may ask for next. */
void coincidence_remember(struct parties *parties, const struct event *event);
/* The service answered it. */
void coincidence_close(struct parties *parties, const struct event *event);
/* Somebody who is not known yet asks: was some service asked for the same a moment ago, for which
 * he may work then? */
bool coincidence_of_stranger(struct parties *parties, const struct event *event);
/* Do its coincidences say that it is an egress? To be called when that may have changed. */
void coincidence_review(struct parties *parties, struct asker *asker);
/* Where it was, the asker gets a vote. */
void coincidence_learn(struct parties *parties, struct asker *asker, const struct event *event,
                       const struct exchange_table *exchanges);

/* The asker asks the server, and gets an answer. */
void silence_extend(struct asker *asker, const struct server *server, const struct event *event);
void silence_end(struct asker *asker, const struct exchange *exchange);

#endif
