/* Which packets under one key (the same addresses, ports and ID) belong together: the same for
 * exchanges and for flights. Several questions may have one key: a stub that always asks from one
 * port with one ID, a port and ID that come again, a forger. Inline, since every packet is joined.
 */
#ifndef CORRELATE_JOIN_H
#define CORRELATE_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/exchange.h"
#include "decode/event.h"

/* How far apart a query and its copy may be to count as one retransmitted query. Clients try for
 * half a minute at most, and a port and ID that come again later are new. */
#define RETRANSMISSION_NS (30 * SECOND_NS)
/* A response may stand before its query in a capture by this much (equal or coarse time stamps). */
#define QUERY_TIE_NS MILLISECOND_NS
/* As many are kept under one key: who asks more than that wants to make work, since all of them are
 * looked through. The oldest makes room. */
#define SAME_KEY_MAX 64

/* What joining looks at. */
struct candidate {
    uint64_t name_hash;
    int64_t query_ns, last_query_ns, response_ns; /* NEVER: not seen */
    uint16_t qtype, qclass;
    uint8_t name_size;
    bool responded;
};

/* A table with several under one key. */
struct joinable {
    struct candidate (*look)(const void *slot);
    /* The next older one with the same key, or NULL. */
    void *(*older)(const void *table, const void *slot);
};

#define ALWAYS_INLINE inline __attribute__((always_inline))

static inline bool candidate_asks(const struct candidate *candidate,
                                  const struct dns_message *message)
{
    return candidate->name_hash == message->qname_hash && candidate->qtype == message->qtype &&
           candidate->qclass == message->qclass &&
           candidate->name_size == message->qname.size_bytes;
}

/* Is a query at `now_ns` its retransmission, or, where only the answer was seen, what that
 * answered? */
static inline bool candidate_is_repeated(const struct candidate *candidate, int64_t now_ns)
{
    return candidate->query_ns == NEVER
               ? now_ns - candidate->response_ns <= QUERY_TIE_NS
               : !candidate->responded && now_ns - candidate->last_query_ns <= RETRANSMISSION_NS;
}

/* What the query is a retransmission of, or came before it in the capture, its answer; NULL: it is
 * new. `newest` has the event's key; NULL: none has. */
static ALWAYS_INLINE void *join_query(const struct joinable *joinable, const void *table,
                                      void *newest, const struct event *event)
{
    for (void *slot = newest; slot; slot = joinable->older(table, slot)) {
        struct candidate candidate = joinable->look(slot);

        if (candidate_asks(&candidate, &event->dns) &&
            candidate_is_repeated(&candidate, event->time_ns))
            return slot;
    }
    return NULL;
}

/* What the response belongs to: the oldest that waits, else the last one that was answered; NULL:
 * it has another question than all of them. */
static ALWAYS_INLINE void *join_response(const struct joinable *joinable, const void *table,
                                         void *newest, const struct event *event)
{
    void *open = NULL, *answered = NULL;

    for (void *slot = newest; slot; slot = joinable->older(table, slot)) {
        struct candidate candidate = joinable->look(slot);

        /* Without a question (some REFUSED and FORMERR) the key must do. */
        if (!candidate_asks(&candidate, &event->dns) && event->dns.qname.size_bytes)
            continue;
        if (!candidate.responded)
            open = slot;
        else if (!answered)
            answered = slot;
    }
    return open ? open : answered;
}

/* The one that has to make room for another under its key, or NULL. */
static ALWAYS_INLINE void *join_surplus(const struct joinable *joinable, const void *table,
                                        void *newest)
{
    void *oldest = NULL;
    unsigned count = 0;

    for (void *slot = newest; slot; slot = joinable->older(table, slot)) {
        oldest = slot;
        count++;
    }
    return count >= SAME_KEY_MAX ? oldest : NULL;
}

#endif
