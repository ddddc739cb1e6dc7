/* Joins queries with responses on both sides of a resolver and names the cause of each SERVFAIL
 * that a client got. Runs on packet time: the same capture always gives the same incidents,
 * whatever the batches. Memory is bounded by `memory_bytes`; what had to go is counted. */
#ifndef CORRELATE_CORRELATOR_H
#define CORRELATE_CORRELATOR_H

#include <stddef.h>
#include <stdint.h>

#include "correlate/anchors.h"
#include "correlate/incident.h"
#include "decode/event.h"

struct correlator;

/* Hides clients' addresses before anything leaves the correlator. NULL in the options: shown. */
typedef struct address (*anonymize_function)(void *context, const struct address *client);

struct correlator_options {
    const struct address *resolvers; /* service addresses, none: learned */
    size_t resolver_count;
    const struct address *egresses; /* source addresses of upstream queries, none: learned */
    size_t egress_count;
    const uint16_t *ports; /* DNS ports, none: 53 */
    size_t port_count;
    uint64_t memory_bytes; /* 0: the default (192 MiB) */
    int64_t grace_ns;      /* how long a judgement waits for late answers; < 0: the default, 10 s */
    const struct anchors *anchors; /* trust anchors, borrowed; NULL: those of the public root */
    anonymize_function anonymize;
    void *anonymize_context;
};

#define LATENCY_BUCKETS 20
/* Upper bound of a bucket in µs: 100 µs, doubling; the last has none. */
static inline int64_t latency_bucket_limit_us(unsigned bucket)
{
    return bucket + 1 < LATENCY_BUCKETS ? (int64_t)100 << bucket : INT64_MAX;
}

/* What one address was asked in one minute, by file. Of a watched resolver: its clients' questions;
 * of any other server: the upstream queries to it. */
struct minute_counters {
    int64_t minute_ns; /* the minute's beginning */
    uint32_t source;
    struct address server;
    bool is_resolver; /* a watched resolver's service address */
    uint64_t queries; /* retransmissions included */
    uint64_t responses;
    uint64_t unanswered; /* queries of this minute that had no answer when they were given up */
    uint64_t rcodes[16]; /* of the responses, header bits only */
    uint64_t latency[LATENCY_BUCKETS];
};

enum finding_kind { FINDING_INCIDENT, FINDING_MINUTE };

struct finding {
    enum finding_kind kind;
    union {
        struct incident incident;
        struct minute_counters minute;
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

struct correlate_counters {
    uint64_t client_queries;
    uint64_t client_responses;
    uint64_t servfails; /* of watched resolvers to clients */
    uint64_t upstream_queries;
    uint64_t upstream_unanswered;
    uint64_t evicted[TABLE_COUNT];
};

/* NULL: out of memory, or memory_bytes too small to work with (under 8 MiB). */
struct correlator *correlator_new(const struct correlator_options *options);
void correlator_free(struct correlator *correlator); /* NULL is fine */

/* Says that these events will be fed soon, for their memory to be fetched meanwhile. It changes
 * nothing else. More than FORESIGHT_MAX are left out. */
#define FORESIGHT_MAX 16
void correlator_foresee(const struct correlator *correlator, const struct event *const *events,
                        unsigned count);
/* Copies what it needs of the event. Never fails. */
void correlator_feed(struct correlator *correlator, const struct event *event);
/* No more events: everything pending is judged. */
void correlator_finish(struct correlator *correlator);

/* The next finding, incidents in the order of their time, or NULL. Borrowed until the next call to
 * the correlator. To be called until NULL after each feed (it returns at once when nothing is due).
 */
const struct finding *correlator_next(struct correlator *correlator);

/* With roles as they are known now; final after correlator_finish(). */
void correlator_counters(struct correlator *correlator, struct correlate_counters *counters);

#endif
