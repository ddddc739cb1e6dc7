/* Joins queries with responses on both sides of a resolver and names the cause of each SERVFAIL
 * that a client got. Runs on packet time: the same capture always gives the same incidents,
 * whatever the batches. Memory is bounded by `memory_bytes`; what had to go is counted. */
#ifndef CORRELATE_CORRELATOR_H
#define CORRELATE_CORRELATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/anchors.h"
#include "correlate/incident.h"
#include "decode/event.h"

struct correlator;

/* Hides clients' addresses, and names that hold one, before anything leaves the correlator. NULL in
 * the options: shown. */
typedef struct address (*anonymize_function)(void *context, const struct address *client);

#define CORRELATOR_PORTS_MAX 16

struct correlator_options {
    const struct address *resolvers; /* service addresses, none: learned */
    size_t resolver_count;
    const struct address *egresses; /* source addresses of upstream queries, none: learned */
    size_t egress_count;
    const uint16_t *ports; /* DNS ports, none: 53 */
    size_t port_count;     /* at most CORRELATOR_PORTS_MAX */
    uint64_t memory_bytes; /* 0: the default (192 MiB) */
    int64_t grace_ns;      /* how long a judgement waits for late answers; < 0: the default, 10 s */
    const struct anchors *anchors; /* trust anchors, borrowed; NULL: those of the public root */
    anonymize_function anonymize;
    void *anonymize_context;
    bool pseudonyms; /* anonymize gives each client an address that no other client gets */
};

#define LATENCY_BUCKETS 20
/* Upper bound of a bucket in µs: 100 µs, doubling; the last has none. */
static inline int64_t latency_bucket_limit_us(unsigned bucket)
{
    return bucket + 1 < LATENCY_BUCKETS ? (int64_t)100 << bucket : INT64_MAX;
}

/* By whole µs. */
static inline unsigned latency_bucket(int64_t elapsed_ns)
{
    uint64_t hundreds = elapsed_ns > 1000 ? (uint64_t)(elapsed_ns - 1000) / 100000 : 0;
    unsigned bucket = hundreds ? 64 - (unsigned)__builtin_clzll(hundreds) : 0;

    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* What one address was asked, by file, in parts that add up. Of a watched resolver: its clients'
 * questions, in one minute; of any other server: the upstream queries to it, in some minutes of the
 * same quarter of an hour. */
struct minute_counters {
    int64_t minute_ns; /* the (first) minute's beginning */
    uint32_t source;
    struct address server;
    bool is_resolver; /* a watched resolver's service address */
    uint64_t queries; /* retransmissions included */
    uint64_t responses;
    uint64_t unanswered; /* queries of this minute that had no answer when they were given up */
    uint64_t rcodes[16]; /* of the responses, header bits only */
    uint64_t latency[LATENCY_BUCKETS];
};

/* An outage begins, with its first incident (which follows), or has ended: nothing more of it came
 * for OUTAGE_PAUSE_NS, or there were too many at once and it had been quiet for longest. Counts are
 * this correlator's, from its beginning on. */
struct outage_change {
    bool closed;
    uint64_t identity;
    enum cause cause;
    struct name zone; /* size 0: not known, or not what it is about */
    struct address resolver;
    struct blamed_server servers[BLAMED_SERVERS_MAX]; /* of its first incident */
    unsigned server_count;
    int64_t first_time_ns, last_time_ns;
    uint64_t incidents;
};

/* A signature seen upstream that is near its end: less than a third of its validity and at most
 * SIGNATURE_NEAR_END_NS are left (RFC 4034 section 3). Of all by this key over this type the one
 * that expires last; told once an hour as long as it is seen, and when it was renewed. */
#define SIGNATURE_NEAR_END_NS (INT64_C(14) * 24 * 3600 * 1000000000)
struct signature_sight {
    int64_t time_ns; /* of the response */
    uint32_t source;
    struct address server;
    struct name zone; /* the signer */
    uint16_t type_covered;
    uint16_t key_tag;
    uint8_t algorithm;
    int64_t inception_ns, expiration_ns;
};

/* How a server that a delegation lists stood when it was last asked about that zone: one that does
 * not serve it, when that shows, changes or ends, and once an hour as long as it is asked; the
 * others of such a zone when they answer; and the only nameserver of a zone that has but one, when
 * it answers. */
struct delegation_sight {
    int64_t time_ns;
    uint32_t source;
    struct name zone;
    struct address server;
    struct name server_name;
    unsigned nameservers; /* the names that the delegation lists */
    /* Their addresses that the resolver can use; a name that none is known of counts as one. */
    unsigned listed;
    enum outcome outcome; /* OUTCOME_ANSWER: it serves the zone */
};

enum finding_kind {
    FINDING_INCIDENT,
    FINDING_MINUTE,
    FINDING_OUTAGE,
    FINDING_SIGNATURE,
    FINDING_DELEGATION
};

struct finding {
    enum finding_kind kind;
    union {
        struct incident incident;
        struct minute_counters minute;
        struct outage_change outage;
        struct signature_sight signature;
        struct delegation_sight delegation;
    };
};

#define CORRELATE_TABLES(X)                                                                        \
    X(EXCHANGES, "exchanges")                                                                      \
    X(MESSAGES, "messages")                                                                        \
    X(SERVERS, "servers")                                                                          \
    X(DELEGATIONS, "delegations")                                                                  \
    X(FAILURES, "failures")                                                                        \
    X(PENDING, "pending")                                                                          \
    X(CONNECTIONS, "connections")                                                                  \
    X(MINUTES, "minutes")

enum correlate_table {
#define X(id, code) TABLE_##id,
    CORRELATE_TABLES(X)
#undef X
        TABLE_COUNT
};

const char *correlate_table_code(enum correlate_table table);

/* What all addresses of one side were asked, as the minutes say it: those handed out and those that
 * are not complete yet. */
struct traffic_counters {
    uint64_t queries; /* retransmissions included */
    uint64_t responses;
    uint64_t unanswered;
    uint64_t rcodes[16]; /* of the responses, header bits only */
};

struct correlate_counters {
    uint64_t client_queries;
    uint64_t client_responses;
    uint64_t servfails; /* of watched resolvers to clients */
    uint64_t upstream_queries;
    uint64_t upstream_unanswered;
    /* To questions that nobody was seen to ask, although who would have is seen: forged, or the
     * capture lost them. They change no verdict. */
    uint64_t unasked_servfails, unasked_answers, unasked_icmp;
    uint64_t evicted[TABLE_COUNT];
    uint64_t used[TABLE_COUNT], capacity[TABLE_COUNT]; /* slots; 0 of 0: it grows as needed */
    struct traffic_counters clients;                   /* of clients, to watched resolvers */
    struct traffic_counters servers;                   /* to all others */
};

/* NULL: out of memory, too many ports, or memory_bytes too small to work with (under 8 MiB). */
struct correlator *correlator_new(const struct correlator_options *options);
void correlator_free(struct correlator *correlator); /* NULL is fine */

/* Says that these events will be fed soon, for their memory to be fetched meanwhile. It changes
 * nothing else. More than FORESIGHT_MAX are left out. */
#define FORESIGHT_MAX 16
void correlator_foresee(const struct correlator *correlator, const struct event *const *events,
                        unsigned count);
/* Copies what it needs of the event. Never fails. */
void correlator_feed(struct correlator *correlator, const struct event *event);
/* Time goes on although no packet comes: what is due by `now_ns` is judged. Never leads back. */
void correlator_advance(struct correlator *correlator, int64_t now_ns);
/* Between these times the capture lost `lost` packets and saw `seen`: what may be silence only for
 * that is not blamed on anybody. */
void correlator_note_loss(struct correlator *correlator, int64_t from_ns, int64_t to_ns,
                          uint64_t lost, uint64_t seen);
/* An outage that was open when an earlier correlator ended goes on under its identity. To be called
 * before the first event, the longest quiet first. False: there is no room for it. */
bool correlator_resume_outage(struct correlator *correlator, const struct outage_change *outage);
/* No more events: everything pending is judged. */
void correlator_finish(struct correlator *correlator);

/* The next finding, incidents in the order of their time (but for those that were judged before it
 * came because there was no room to wait), or NULL. Borrowed until the next call to
 * the correlator. To be called until NULL after each feed (it returns at once when nothing is due).
 */
const struct finding *correlator_next(struct correlator *correlator);

/* With roles as they are known now; final after correlator_finish(). */
void correlator_counters(struct correlator *correlator, struct correlate_counters *counters);
/* Was there a question to the address, or an answer from it? */
bool correlator_saw_service(const struct correlator *correlator, const struct address *address);
/* Was there a query from it? */
bool correlator_saw_egress(const struct correlator *correlator, const struct address *address);

#endif
