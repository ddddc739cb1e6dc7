/* Exchanges: a query and the response to it, between two addresses, whoever they are. Roles (client
 * side, upstream side) are for whoever reads them, since they may be learned later.
 *
 * The table joins the queries that may be upstream ones with their responses and keeps what came of
 * them for RETENTION_NS. Most end well: they move into a log (exchange_log.h) as soon as their
 * answer was looked at, while all of it is in the processor's cache: one for keys and DS records,
 * which are few and wanted for long, and one for all else; a third takes over from these what is
 * wanted of it (exchange_want()). What is open and what failed stay in slots. What can only be a
 * client's lives in a table of its own: flight.h. */
#ifndef CORRELATE_EXCHANGE_H
#define CORRELATE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/answer.h"
#include "correlate/incident.h"
#include "correlate/table.h"
#include "decode/event.h"

#define SECOND_NS      INT64_C(1000000000)
#define MILLISECOND_NS INT64_C(1000000)
#define MINUTE_NS      (60 * SECOND_NS)
#define HOUR_NS        (60 * MINUTE_NS)
#define RETENTION_NS   (200 * SECOND_NS)
#define NEVER          INT64_MIN

enum exchange_signal {
    SIGNAL_EDNS = 1,          /* the query had an OPT record */
    SIGNAL_DNSSEC_OK = 2,     /* and DO=1 */
    SIGNAL_FRAGMENT_LOST = 4, /* a first fragment came, the rest did not */
    SIGNAL_GIVEN_UP = 8,      /* the asker's host rejected the answer with ICMP: it came too late */
    SIGNAL_WRONG_CASE = 16,   /* no answer echoed the question's case yet, but one came */
    SIGNAL_SIGNATURES = 32,   /* the answer has RRSIGs */
    SIGNAL_DS = 64,           /* the answer is a referral with DS */
    SIGNAL_CHAINED = 128,     /* the answer follows aliases to `alias` */
};

#define NAME_INLINE 47

/* What a walk over the index by name looks at stands first, in one line of the cache. */
struct exchange {
    uint64_t name_hash;              /* first: the index by name looks there */
    uint32_t name_older, name_newer; /* for the same name, numbers in the table */
    int64_t query_ns;                /* the first transmission, NEVER: not seen */
    int64_t last_query_ns;           /* the last one */
    int64_t response_ns;             /* NEVER: none */
    uint64_t query_frame, response_frame;
    const struct name *alias; /* owned unless it `ended_well`, as large as needed; NULL: none */
    union {                   /* the response as it was: exchange_wire() */
        uint64_t wire_place;
        uint8_t *own_wire;
    };
    uint32_t wire_bytes; /* 0: not kept */
    uint64_t place;      /* the number of a record in a log; 0: it is in the table */
    struct address asker, server;
    uint32_t query_source, response_source;
    uint32_t case_hash; /* of a name in mixed case, else 0 */
    uint16_t asker_port;
    uint16_t id, qtype, qclass;
    uint16_t query_flags, response_flags;
    uint16_t rcode; /* with the EDNS bits */
    uint8_t transport;
    uint8_t transmissions;
    uint8_t signals;  /* enum exchange_signal */
    uint8_t kind;     /* enum answer_kind */
    uint8_t mismatch; /* OUTCOME_WRONG_*, of responses that did not fit; 0: none */
    uint8_t icmp;     /* OUTCOME_ICMP_*, 0: none */
    uint8_t authority_labels;
    uint8_t name_size; /* 0: no question */
    bool responded;    /* a response came */
    bool ended_well;   /* and is about to move into the log: `alias` is borrowed */
    bool owns_wire;
    bool vouched; /* it was answered, unless it is asked again: unheard.h */
    union {
        uint8_t inline_name[NAME_INLINE];
        uint8_t *long_name;
    };
};

struct exchange_table;

/* NULL: out of memory. */
struct exchange_table *exchange_table_new(uint64_t memory_bytes);
void exchange_table_free(struct exchange_table *table);

const uint8_t *exchange_name_wire(const struct exchange *exchange);
void exchange_name(const struct exchange *exchange, struct name *name);
bool exchange_is_about(const struct exchange *exchange, const struct name *name);

/* For correlator_foresee(). */
void exchanges_foresee(const struct exchange_table *table, const struct event *event,
                       unsigned step);

/* Joins a query. A retransmission gives the exchange that is there. */
struct exchange *exchange_query(struct exchange_table *table, const struct event *event);

/* What a response may belong to: the newest exchange of its addresses, ports and ID, or a copy of
 * the one that ended well and is answered again. NULL: there is none. */
struct exchange *exchange_find(struct exchange_table *table, const struct event *event);

/* Joins a response with its query, `found` being what exchange_find() gave. The exchange's response
 * fields are not filled, but for a response whose query was not seen, for which a new exchange is
 * made. When the response fits an exchange that was answered before (a retransmitted query), that
 * one; it waits again if its answer had the wrong case and this one has the right one. Where it
 * fits none but contradicts one (other ID, source or question), NULL, and the exchange is marked.
 */
struct exchange *exchange_response(struct exchange_table *table, struct exchange *found,
                                   const struct event *event);
/* A new exchange for a response that exchange_response() joined with nothing: its query was not
 * seen. */
struct exchange *exchange_add_unasked(struct exchange_table *table, const struct event *event);
/* Does a response that fits nothing contradict some exchanges? Then they are marked. */
bool exchange_contradicted(struct exchange_table *table, const struct event *event);
/* The exchange that a packet of this flow and ID, as sent by the asker, belongs to, or NULL: one
 * that ended well is not found. */
struct exchange *exchange_of_flow(struct exchange_table *table, const struct flow *flow,
                                  enum transport transport, uint16_t id);
/* Is there one that ended well lately? Then `signals` are added to it. */
bool exchange_mark_answered(struct exchange_table *table, const struct flow *flow,
                            enum transport transport, uint16_t id, uint8_t signals);

/* Fills what the response says. Until exchange_put_away() the exchange borrows from the answer. */
void exchange_set_answer(struct exchange_table *table, struct exchange *exchange,
                         const struct event *event, const struct answer *answer);

/* Something was asked for in vain at the name (with its hash_bytes()) or below: more is kept of it,
 * and of what some resolvers put before it, than there is room for of others. */
void exchange_want(struct exchange_table *table, uint64_t name_hash, const uint8_t *name,
                   size_t size, int64_t time_ns);

/* Keeps the response's octets: as long as the exchange, or, where it ended well, as long as there
 * is room. */
void exchange_keep_wire(struct exchange_table *table, struct exchange *exchange,
                        const struct event *event);
/* Its answer was looked at: if it ended well it moves into the log, and the exchange is gone. */
void exchange_put_away(struct exchange_table *table, struct exchange *exchange);
/* The response's octets, `wire_bytes` of them, borrowed; NULL: not kept, or not any more. */
const uint8_t *exchange_wire(const struct exchange_table *table, const struct exchange *exchange);
/* Replaces `name` by what the response, as far as it is still kept, says that it is a CNAME for.
 * Returns whether it does. */
bool exchange_follow_alias(const struct exchange_table *table, const struct exchange *exchange,
                           struct name *name);

/* The newest for the name that is not older than that, and the next one; NULL: there is none. Those
 * that ended well are left out. */
struct exchange *exchange_latest(const struct exchange_table *table, uint64_t name_hash,
                                 int64_t since_ns);
struct exchange *exchange_older(const struct exchange_table *table, const struct exchange *exchange,
                                int64_t since_ns);

void exchange_remove(struct exchange_table *table, struct exchange *exchange);
/* Those older than RETENTION_NS go, oldest first: the next one that is due, or NULL. The caller
 * removes it. */
struct exchange *exchange_expired(struct exchange_table *table, int64_t now_ns);
struct exchange *exchange_oldest(struct exchange_table *table);
/* The next one that began before then and is open, oldest first, each once; NULL: no more. */
struct exchange *exchange_slow(struct exchange_table *table, int64_t before_ns);

/* A walk over the exchanges of a name, newest first. */
#define EXCHANGE_LOGS 3
struct exchange_walk {
    const struct exchange_table *table;
    const struct exchange *slot;    /* the next one in the table */
    uint64_t places[EXCHANGE_LOGS]; /* the next ones in the logs */
    uint64_t name_hash;
    struct exchange *room; /* for what comes out of a log */
};

/* `name_hash` is that of the name. The walk ends with the next packet. `room` is the caller's. */
void exchange_walk_begin(struct exchange_walk *walk, const struct exchange_table *table,
                         uint64_t name_hash, const uint8_t *name, size_t size,
                         struct exchange *room);
/* NULL at the end. What is in a log (`place`) is made in `walk->room`, where it stays when the
 * caller gives other room for the next; its name, alias and response are borrowed from the log as
 * long as the walk. */
const struct exchange *exchange_walk_next(struct exchange_walk *walk);

/* Was anything ever asked for whose first label is "_"? */
bool exchange_any_underscored(const struct exchange_table *table);

/* Of the exchanges that had to go for want of room, when the youngest began; NEVER: none had to.
 * Those that ended well go first; keys and DS records count with those that did not. */
int64_t exchange_lost_well_ns(const struct exchange_table *table);
/* The same of what was wanted (exchange_want()). */
int64_t exchange_lost_wanted_ns(const struct exchange_table *table);
int64_t exchange_lost_unwell_ns(const struct exchange_table *table);
/* What seems to have been lost far ahead was lost before the clock was set back: now at the latest.
 */
void exchange_table_set_back(struct exchange_table *table, int64_t now_ns);
/* Of those that had to go although nobody held many, when the youngest began: what began before it
 * goes next. NEVER: none. */
int64_t exchange_lost_crowded_ns(const struct exchange_table *table);
/* Adds to what stands there. */
void exchange_table_count(const struct exchange_table *table, struct table_fill *fill);

/* What seems to lie this far ahead is from before the clock was set back; by less, packets are only
 * out of order. */
#define FUTURE_NS (60 * SECOND_NS)

static inline void bring_back(int64_t *then_ns, int64_t now_ns)
{
    if (*then_ns > now_ns + FUTURE_NS)
        *then_ns = now_ns;
}

/* Has what began then been kept for long enough? */
static inline bool exchange_is_over(int64_t begin_ns, int64_t now_ns)
{
    return begin_ns < now_ns - RETENTION_NS || begin_ns > now_ns + FUTURE_NS;
}

/* When the exchange began, as far as it was seen. */
static inline int64_t exchange_begin(const struct exchange *exchange)
{
    return exchange->query_ns != NEVER ? exchange->query_ns : exchange->response_ns;
}

#endif
