/* Who is who: what each address did as a server and as an asker, and the roles that follow from it.
 *
 * A service is an address that answers RD=1 questions with RA=1. It is watched when it is seen
 * asking upstream, itself or through an egress address, or when somebody asks it who is not himself
 * a resolver here. Which egress works for which service is learned by coincidence: an egress asks
 * for the very name that a client just asked the service for. Roles are read when a judgement is
 * made, never stored in an exchange, so that it does not matter where in a capture they become
 * clear. */
#ifndef CORRELATE_PARTY_H
#define CORRELATE_PARTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/correlator.h"
#include "correlate/exchange.h"
#include "correlate/table.h"
#include "decode/codes.h"

#define PARTY_LINKS      4
#define SILENCE_DISTINCT 4
#define PARTY_ASKERS     4
#define PARTY_ASKED      3
#define EGRESSES_MAX     32
#define ANCHOR_TAGS_MAX  4

/* What was asked in a silence, distinct, in the order of time, as far as it matters. */
struct silent_list {
    struct silent {
        uint64_t key;
        int64_t time_ns; /* first asked */
        bool left;       /* others' answers before the silence had shown that it gives none */
    } keys[SILENCE_DISTINCT];
    uint8_t count;
};

/* A time without any answer to an asker, although several were asked: for egress-blocked. */
struct silence {
    int64_t after_ns; /* the last answer before it, NEVER: none */
    int64_t since_ns; /* its first query, but for those right behind that answer */
    int64_t until_ns; /* the answer after it, INT64_MAX: it goes on; NEVER: not used */
    struct silent_list servers, families;
};

#define RCODES 16

/* An address as a server: what it was asked, and what it answered. There are many, and what is
 * known of one has left the cache when it is asked next: a query touches one line (with the 32
 * bytes that the table puts before it), a response two but for the rarer RCODEs.
 *
 * The counters are of a minute (or quarter of an hour) that is not complete yet, as in struct
 * minute_counters; most are small, for there are many servers: the minute is told of in parts where
 * they are full. */
struct server {
    int64_t open_query_ns;   /* of the queries that wait for an answer, the first; NEVER: none */
    uint32_t touched_period; /* when it was made the table's youngest last */
    uint32_t minute;         /* of `source` that it counts, or the quarter's first; 0: none */
    uint32_t source;
    uint16_t queries, responses;
    bool in_services, minute_used;
    bool by_minute;
    bool asked;           /* a query was seen, */
    bool first_iterative; /* and the first one had RD=0: it is an authoritative server */
    bool recurses;        /* it answers RD=1 with RA=1 */
    uint8_t asker_count;
    uint8_t rejection; /* OUTCOME_ICMP_*, the latest since it answered; 0: none */

    /* When the youngest query that got an answer was sent, with and without EDNS. */
    int64_t answered_edns_query_ns, answered_plain_query_ns;
    uint16_t latency[LATENCY_BUCKETS];
    uint16_t rcodes[RCODES];

    struct address address;
    uint32_t unanswered;
    int64_t begin_ns;       /* the first minute */
    int64_t interleaved_ns; /* the last time that it answered a query and had left an older one, */
    int64_t left_ns;        /* which was sent then; NEVER: never */
    int64_t encrypted_ns;   /* last packet to or from port 853 */
    uint64_t told_queries, told_responses, told_good_answers; /* of earlier minutes */
    int64_t unheard_ns; /* asked then, and answered out of sight: unheard.h; NEVER: not known */
    struct address askers[PARTY_ASKERS]; /* of RD=1 questions */
};

/* Of questions, as far as a coincidence would have been seen, those that had one. */
struct tally {
    uint32_t weighed, coincident;
};

/* An address as an asker, mostly a resolver that asks upstream. */
struct asker {
    struct address address;
    uint32_t touched_period; /* as of struct server */
    bool in_egresses;
    uint8_t traits; /* as they were when its roles were looked at last */
    uint8_t asked_count;
    uint8_t anchor_tag_count;
    uint32_t raw_votes; /* the most votes that it has for any address, service or not */
    uint64_t iterative_queries, recursive_queries; /* RD=0, RD=1 */
    uint64_t infrastructure_queries; /* RD=1, for what resolvers need and clients hardly ever do */
    int64_t last_query_ns;           /* sent by what may be a resolver */
    /* What the software is told by: with a COOKIE option; for other names than the root's, and
     * those of them in mixed case; and of the iterative ones with CD=1, and for the NS records of
     * such a name. */
    uint64_t cookie_queries, lettered_queries, mixed_case_queries, unchecked_queries, cut_queries;
    uint64_t answers_received, answers_received_ipv6;
    uint32_t heard_servers, unheard_servers; /* that answered it: in the capture, out of sight */
    struct tally tally;                      /* of its questions lately, tries left out: */
    bool stands_out;                         /* they coincide more than chance gives */
    uint32_t own_questions; /* names that it was asked for itself a moment before */
    uint64_t settled_epoch; /* of roles, in which it has votes enough; 0: none */
    uint64_t queries_unanswered;
    int64_t encrypted_ns; /* last packet to or from port 853 */
    /* The root's keys that it says it trusts (RFC 8145 section 5: "_ta-4f66."). */
    uint16_t anchor_tags[ANCHOR_TAGS_MAX];
    struct address asked[PARTY_ASKED]; /* services that it asked with RD=1 */
    struct party_link {
        struct address service;
        uint32_t votes;
    } links[PARTY_LINKS];
    struct silence silences[2]; /* the current one, and the one before */
};

static inline int64_t server_answered_query_ns(const struct server *server)
{
    return server->answered_edns_query_ns > server->answered_plain_query_ns
               ? server->answered_edns_query_ns
               : server->answered_plain_query_ns;
}

/* Did it leave all that it was asked, from then on or from before, and answer again only after
 * `to_ns`? As far as it is known: of the last time that it came back. */
static inline bool server_came_back(const struct server *server, int64_t from_ns, int64_t to_ns)
{
    return server->left_ns != NEVER && server->left_ns <= from_ns && server->interleaved_ns > to_ns;
}

/* It did nothing for about ten seconds after that, or is still at it. */
int64_t server_touched_ns(const struct server *server);
/* Did the asker ask or get an answer at that time, give or take ten seconds, or later? */
bool asker_touched_by(const struct asker *asker, int64_t time_ns);

static inline uint64_t server_queries(const struct server *server)
{
    return server->told_queries + server->queries;
}

static inline uint64_t server_responses(const struct server *server)
{
    return server->told_responses + server->responses;
}

static inline uint64_t server_good_answers(const struct server *server)
{
    return server->told_good_answers + server->rcodes[RCODE_NOERROR] +
           server->rcodes[RCODE_NXDOMAIN];
}

static inline bool asker_sends(const struct asker *asker)
{
    return asker->iterative_queries + asker->recursive_queries > 0;
}

struct parties;

/* `emit` gets minutes that are complete. */
typedef void (*minute_function)(void *context, const struct minute_counters *minute);

struct parties *parties_new(const struct correlator_options *options, uint64_t memory_bytes,
                            minute_function emit, void *context);
void parties_free(struct parties *parties);

/* What the address did in the one way and in the other; NULL: nothing that is remembered. */
struct server *parties_server(const struct parties *parties, const struct address *address);
struct asker *parties_asker(const struct parties *parties, const struct address *address);

/* For correlator_foresee(): may the message be an upstream one? Then `server` is for
 * parties_foresee(). */
bool parties_may_be_upstream(const struct parties *parties, const struct event *event,
                             uint64_t *server);
void parties_foresee(const struct parties *parties, const struct event *event, uint64_t server,
                     unsigned step);
/* Sees a query, before and whatever it is joined with. Returns whether it may be an upstream query
 * of a watched resolver: then it has to be kept and indexed. */
bool parties_see_query(struct parties *parties, const struct event *event,
                       const struct exchange_table *exchanges);
/* Says whether the response may be to an upstream query. `server` is who sent it, for
 * parties_see_answered() of the same event. */
bool parties_see_response(struct parties *parties, const struct event *event,
                          struct server **server);
/* A query that was answered for the first time. */
struct answered {
    int64_t query_ns; /* NEVER: not seen */
    int64_t last_query_ns, response_ns;
    uint32_t response_source;
    bool edns; /* the query had an OPT record */
};
void parties_see_answered(struct parties *parties, struct server *server,
                          const struct answered *answered);
/* What may be an upstream query got its answer (the first) from the server, which
 * parties_see_answered() is told of next. */
void parties_see_answer_received(struct parties *parties, struct server *server,
                                 const struct exchange *exchange);
/* The network or the server's host sent an ICMP error for a query. */
void parties_see_rejection(struct parties *parties, const struct address *server,
                           enum outcome outcome);
/* An exchange is given up without an answer. */
void parties_see_unanswered(struct parties *parties, const struct exchange *exchange);
void parties_see_encrypted(struct parties *parties, const struct event *event);
/* The last packet between the address and somebody's port 853, NEVER: none. */
int64_t parties_encrypted_ns(const struct parties *parties, const struct address *address);

/* A SERVFAIL of `service` to `asker`: does it count as a client's? */
bool parties_is_watched(const struct parties *parties, const struct address *service,
                        const struct address *asker);
bool parties_is_resolver(const struct parties *parties, const struct address *address);
bool parties_is_service(const struct parties *parties, const struct address *address);
/* The addresses that the resolver behind `service` asks from. */
size_t parties_egresses(const struct parties *parties, const struct address *service,
                        struct address egresses[EGRESSES_MAX]);
/* One address that stands for all services of the same resolver: they share a cache. */
struct address parties_canonical(const struct parties *parties, const struct address *service);

/* Was nobody answering these askers (the addresses that one resolver asks from) between the two
 * times, for `least_ns` at least, whoever was asked? At least three servers must have been asked
 * about names of three unrelated parties; with `root` any three servers will do. */
bool parties_were_cut_off(const struct parties *parties, const struct address *askers, size_t count,
                          int64_t from_ns, int64_t to_ns, int64_t least_ns, bool root);
/* Were these servers all that the askers (of one resolver) asked at that time, about names of two
 * unrelated parties at least, and nobody answered them? Then it forwards to them what it is asked.
 */
bool parties_ask_in_vain(const struct parties *parties, const struct address *askers, size_t count,
                         const struct blamed_server *servers, size_t server_count, int64_t time_ns);
/* Did one of the askers ask other servers than these meanwhile, and about names of two unrelated
 * parties at least, and nobody answered it? */
bool parties_ask_others_in_vain(const struct parties *parties, const struct address *askers,
                                size_t count, const struct blamed_server *servers,
                                size_t server_count, int64_t time_ns);
/* Has a server at an address of this special use (address_special_use()) ever answered? */
bool parties_special_use_works(const struct parties *parties, const char *special_use);

/* Emits what ended before `now_ns` - 1 minute, or began some minutes ago; all for INT64_MAX. */
void parties_flush_minutes(struct parties *parties, int64_t now_ns);
/* Tells the minutes that are not complete yet, as they stand. */
void parties_open_minutes(const struct parties *parties, minute_function tell, void *context);

void parties_count(const struct parties *parties, struct correlate_counters *counters);
void parties_fill(const struct parties *parties, struct table_fill *fill);

#endif
