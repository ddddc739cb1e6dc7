/* What was learned of the world beyond the resolver, for longer than a question lasts: delegations
 * with their nameservers and addresses, which zones a server has been seen to serve. All bounded.
 */
#ifndef CORRELATE_WORLD_H
#define CORRELATE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/hosts.h"
#include "correlate/referral.h"
#include "correlate/spared.h"
#include "correlate/table.h"
#include "decode/event.h"

/* What most say: two names and the addresses of both. */
#define DELEGATION_ROOM 160

/* Of a longer name only the ancestors with as many labels are kept when something has to go: few
 * zones lie deeper (a /64's reverse zone has 18), and each costs. */
#define ZONE_LABELS_KEPT 24

/* Does the zone itself name servers that its parent does not? */
enum own_servers {
    OWN_NONE,
    OWN_OLDER, /* than what the parent said last */
    OWN_NEWER,
};

/* A zone cut as its parent (or the zone itself) described it. Borrowed, with all that it points to,
 * until the next response is seen. */
struct delegation {
    struct address parent_server; /* who said so first */
    int64_t touched_ns;
    uint64_t digest;        /* referral_digest() of what was read, 0: none */
    uint64_t own_digest;    /* the same of the zone's own word */
    uint32_t hosts_evicted; /* by the table of hosts, when its names were entered there */
    bool secure;            /* came with DS */
    uint8_t own;            /* enum own_servers */
    uint8_t name_count;
    uint8_t glue_count;
    uint16_t pool_bytes;
    failed_mark failed; /* something below it was asked for in vain */
    struct glue *glue;  /* behind it in one block: where each name begins, and the names */
    uint8_t room[DELEGATION_ROOM]; /* the block, where it is no larger */
};

struct world;

struct world *world_new(uint64_t memory_bytes); /* NULL: out of memory */
void world_free(struct world *world);

/* For correlator_foresee(), of an upstream message. */
void world_foresee(const struct world *world, const struct event *event, unsigned step);

/* Learns from an upstream query: who is asked for the root itself (priming, RFC 8109) is one of the
 * root's servers as far as this resolver knows. */
void world_see_query(struct world *world, const struct event *event);
/* Learns from an upstream response. */
void world_see_response(struct world *world, const struct event *event,
                        const struct answer *answer);

/* Something below the zone of this hash_bytes() is asked for in vain (of `server`, NULL: of nobody
 * that is known): what is known of it is in use, however long ago it was heard of, and outlives for
 * a day what has not failed. */
void world_keep_zone(struct world *world, uint64_t zone_hash, const struct address *server,
                     int64_t time_ns);

/* Whom a resolver asks that has heard the same: the servers that the zone itself named since its
 * parent was asked for them, else those that the parent named (RFC 2181 section 5.4.1). */
const struct delegation *world_delegation(const struct world *world, const uint8_t *zone,
                                          size_t zone_size);
/* What the parent said, by hash_bytes() of the zone's name. */
const struct delegation *world_delegation_by_hash(const struct world *world, uint64_t zone_hash);
/* Both, that of world_delegation() first. Returns how many there are. */
#define WORDS_MAX 2
unsigned world_delegations(const struct world *world, const uint8_t *zone, size_t zone_size,
                           const struct delegation *words[WORDS_MAX]);
size_t delegation_name(const struct delegation *delegation, unsigned index, const uint8_t **name);
bool delegation_names(const struct delegation *delegation, const uint8_t *name, size_t size);
bool delegation_has_glue(const struct delegation *delegation, unsigned name_index);
/* Is an address of the nameserver known, by glue or by answers? */
bool world_resolves(const struct world *world, const struct delegation *delegation,
                    unsigned name_index);
/* The addresses that the delegation's nameservers are known to have, by glue or by answers, each
 * once, with the first name that has it: at most `max`. Returns how many. */
#define LISTED_MAX (REFERRAL_GLUE_MAX + REFERRAL_NAMES_MAX * HOST_ADDRESSES_MAX)
size_t world_listed(const struct world *world, const struct delegation *delegation,
                    struct glue *listed, size_t max);
const struct host *world_host(const struct world *world, const uint8_t *name, size_t size);

/* Was `server` seen answering with authority for `zone`? */
bool world_answered_for(const struct world *world, const struct address *server,
                        const uint8_t *zone, size_t zone_size);
/* Is it known to serve the zone of this hash_bytes(): is it listed for it, or was it seen answering
 * with authority for it? */
bool world_serves(const struct world *world, const struct address *server, uint64_t zone_hash);
/* The hashes of a name's ancestors, itself among them, each at the number of its labels. Returns
 * how many labels the name has. */
#define ANCESTORS_MAX 128
unsigned world_ancestors(const struct name *name, uint64_t hashes[ANCESTORS_MAX]);
/* The labels of the deepest of these ancestors with at most `most_labels` labels that `server` is
 * known to serve, being listed for it (glue or resolved) or seen answering with authority for it;
 * LABELS_UNKNOWN if none. */
unsigned world_zone_labels(const struct world *world, const struct address *server,
                           const uint64_t *ancestors, unsigned most_labels);

/* A nameserver name that the address is known under for the zone. Size 0 if none. */
void world_server_name(const struct world *world, const struct address *server,
                       const struct name *zone, struct name *server_name);

/* Adds to what stands there. */
void world_count(const struct world *world, struct table_fill *fill);

#endif
