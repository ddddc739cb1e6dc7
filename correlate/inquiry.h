/* What a question depended on: the exchanges of the resolver that the answer hung on, gathered by
 * following names as a resolver does, and put in order.
 *
 * A question needs its name and, on the way there, the name's ancestors (QNAME minimisation asks
 * for those, BIND with a "_" label before them); the targets of aliases; the addresses of
 * nameservers that a delegation names without glue; the DS and DNSKEY records of the zones on the
 * path. Each such name is a target with exchanges of its own. Time only says which of them belong
 * to this try of the resolver's and which to an earlier one. */
#ifndef CORRELATE_INQUIRY_H
#define CORRELATE_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/aliases.h"
#include "correlate/anchors.h"
#include "correlate/connection.h"
#include "correlate/failure.h"
#include "correlate/incident.h"
#include "correlate/keyring.h"
#include "correlate/loss.h"
#include "correlate/party.h"
#include "correlate/presumption.h"
#include "correlate/world.h"

/* All that the correlator has learned. */
struct knowledge {
    struct exchange_table *exchanges;
    struct parties *parties;
    struct world *world;
    struct aliases *aliases;
    struct failures *failures;
    struct connections *connections;
    struct keyring *keyring;
    struct presumptions *presumptions;
    struct losses losses;
    const struct anchors *anchors;
    bool anchors_given; /* by the user, rather than those of the public root */
    int64_t first_ns;   /* the capture's first packet */
    /* Queries with RD=0, and answers that nobody was seen to ask for as long as there are none. */
    uint64_t iterative_queries, answers_alone;
    /* Upstream answers that were asked for, and those of them that the capture cut short. */
    uint64_t answers_asked, answers_cut;
};

/* A query without an answer is waited for this long (resolvers double their time-outs up to this).
 */
#define PATIENCE_NS (20 * SECOND_NS)

/* Sooner no resolver gives up a server that it never got an answer of, or serves what is stale:
 * unbound after 376 ms, kresd 400, named 800, pdns 1,500. */
#define FIRST_TIMER_NS (300 * MILLISECOND_NS)

/* What is asked for a question may seem to come so much before it: on several interfaces. */
#define ASKED_TIE_NS (2 * MILLISECOND_NS)

#define TARGETS_MAX 64
#define ITEMS_MAX   1536
/* Of the exchanges of one target. */
#define TARGET_ITEMS_MAX 512

/* An exchange as a step towards a target. */
struct item {
    const struct exchange *exchange;
    enum dependency why;
    enum outcome outcome;
    uint8_t target;      /* whose step it is */
    uint8_t zone_labels; /* of the zone that the server was asked as a server of: an ancestor of the
                          * exchange's name; LABELS_UNKNOWN */
    bool active;         /* belongs to this try */
    bool usable;         /* brought the resolver further */
    bool retried;        /* the same server was asked again as it bade: what came of that counts */
    bool to_forwarder;   /* RD=1 */
};

struct target {
    struct name name;
    uint16_t qtype;
    enum dependency why;
    int parent; /* the target that needs it; -1: the question itself */
    unsigned depth;
    unsigned alias_depth; /* aliases on the way here */
    bool loop;            /* its name is one of its own ancestors' */
    uint8_t zone_labels;  /* of a nameserver address: labels of the zone that names the nameserver,
                           * an  ancestor of the parent's name */
    unsigned first_item, item_count;
};

struct inquiry {
    const struct knowledge *knowledge;
    struct address resolver; /* service */
    struct address egresses[EGRESSES_MAX];
    size_t egress_count;
    uint16_t qclass;    /* of all that it holds */
    int64_t asked_ns;   /* the client's question; where it was not seen, the SERVFAIL */
    int64_t failed_ns;  /* the SERVFAIL */
    int64_t until_ns;   /* how far answers were waited for */
    int64_t begin_ns;   /* where this try of the resolver's begins */
    bool live;          /* there was work after the question came, or waiting when it came */
    int64_t earlier_ns; /* the last earlier SERVFAIL for the question, NEVER: none */
    bool truncated;     /* more belongs to this try than the tables hold */
    unsigned labels_looked_at;
    struct target targets[TARGETS_MAX];
    unsigned target_count;
    struct item items[ITEMS_MAX];
    unsigned item_count;
    struct exchange copies[ITEMS_MAX + 1]; /* of items' exchanges that are in a log, and the next */
    unsigned copy_count;
    unsigned shared_copies; /* those of earlier targets */
};

/* An answer to something that was not seen being asked counts only where the asker's queries are
 * not to be seen, since the capture sees one direction only. Otherwise it may be forged, or it is
 * older than the capture, which the same packets would show. */
bool inquiry_is_unasked(const struct knowledge *knowledge, const struct exchange *exchange);

/* What is known of a zone cut; NULL: nothing, as of all zones in other classes than IN. */
const struct delegation *inquiry_delegation(const struct inquiry *inquiry, const struct name *zone);

/* The deepest zone cut that is known at or above the name, which is written to `zone`; NULL: none.
 */
const struct delegation *inquiry_deepest_cut(const struct inquiry *inquiry, const struct name *name,
                                             struct name *zone);

/* The items of a target, `target->item_count` of them. */
static inline const struct item *target_items(const struct inquiry *inquiry,
                                              const struct target *target)
{
    return &inquiry->items[target->first_item];
}

/* Fills `inquiry` for a question. `asked_ns` NEVER: the query was not seen. `earlier_ns`: when the
 * same question last failed before, NEVER if it did not. */
void inquiry_gather(struct inquiry *inquiry, const struct knowledge *knowledge,
                    const struct address *resolver, const struct name *qname, uint16_t qtype,
                    uint16_t qclass, int64_t asked_ns, int64_t failed_ns, int64_t until_ns,
                    int64_t earlier_ns);

/* Makes the items of the earlier tries active instead: for failures answered from memory. Returns
 * whether there are any. */
bool inquiry_look_back(struct inquiry *inquiry);

/* Which items are active, and when their try begins. */
struct inquiry_view {
    bool active[ITEMS_MAX];
    int64_t begin_ns;
};

/* Looks at what was asked after `since_ns` and before the question came, instead of at its own
 * try, which goes into `own`. False: the question itself was not asked then, and nothing changed.
 */
bool inquiry_look_before(struct inquiry *inquiry, int64_t since_ns, struct inquiry_view *own);
void inquiry_look_again(struct inquiry *inquiry, const struct inquiry_view *own);

/* How many exchanges belong to this try, or how many of them brought the resolver further: each
 * counts once, of however many targets it is a step. */
unsigned inquiry_count_active(const struct inquiry *inquiry, bool only_usable);

/* The zone that `item` was asked in; size 0: unknown. */
void item_zone(const struct item *item, struct name *zone);
/* The ancestor of `name` with `labels` labels; size 0 for LABELS_UNKNOWN. */
void zone_of_labels(const struct name *name, unsigned labels, struct name *zone);
/* The name above; false, and size 0, for the root and for no name. */
bool zone_above(const struct name *name, struct name *above);

/* The child of a target that is for this nameserver name and type, or -1. */
int inquiry_find_target(const struct inquiry *inquiry, const uint8_t *name, size_t size,
                        uint16_t qtype);

#endif
