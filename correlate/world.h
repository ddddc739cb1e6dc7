/* What was learned of the world beyond the resolver, for longer than a question lasts: delegations
 * with their nameservers and addresses, which zones a server has been seen to serve. All bounded.
 */
#ifndef CORRELATE_WORLD_H
#define CORRELATE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/exchange.h"
#include "correlate/table.h"
#include "decode/event.h"

#define DELEGATION_NAMES_MAX 13
#define DELEGATION_GLUE_MAX  26
#define DELEGATION_NAME_POOL 640
#define HOST_ADDRESSES_MAX   6

struct glue {
    struct address address;
    uint8_t name_index; /* whose address it is */
    bool is_aaaa;
};

/* A zone cut as its parent (or the zone itself) described it. Borrowed, with all that it points to,
 * until the next response is seen. */
struct delegation {
    int64_t time_ns;
    struct address parent_server; /* who said so */
    uint64_t frame;
    uint32_t source;
    uint32_t hosts_evicted; /* by the table of hosts, when its names were entered there */
    bool secure;            /* came with DS */
    uint8_t name_count;
    uint8_t glue_count;
    uint16_t pool_bytes;
    uint16_t *name_offsets; /* into `pool`; what follows stands behind it in one block */
    struct glue *glue;
    uint8_t *pool; /* names in wire format, lower; packed */
};

/* The addresses of a nameserver name, as answered. */
struct host {
    int64_t time_ns;
    uint8_t count;
    struct address addresses[HOST_ADDRESSES_MAX];
};

struct world;

struct world *world_new(uint64_t memory_bytes); /* NULL: out of memory */
void world_free(struct world *world);

/* For correlator_foresee(), of an upstream message. */
void world_foresee(const struct world *world, const struct event *event);

/* Learns from an upstream query: who is asked for the root itself (priming, RFC 8109) is one of the
 * root's servers as far as this resolver knows. */
void world_see_query(struct world *world, const struct event *event);
/* Learns from an upstream response. */
void world_see_response(struct world *world, const struct event *event,
                        const struct answer *answer);

const struct delegation *world_delegation(const struct world *world, const uint8_t *zone,
                                          size_t zone_size);
size_t delegation_name(const struct delegation *delegation, unsigned index, const uint8_t **name);
bool delegation_has_glue(const struct delegation *delegation, unsigned name_index);
/* The addresses that the delegation's nameservers are known to have, by glue or by answers: at most
 * `max` distinct ones. Returns how many. */
size_t world_listed(const struct world *world, const struct delegation *delegation,
                    struct address *addresses, size_t max);
const struct host *world_host(const struct world *world, const uint8_t *name, size_t size);

/* Is `server` known to serve `zone`: listed for it (glue or resolved), or seen answering with
 * authority for it? */
bool world_serves(const struct world *world, const struct address *server, const uint8_t *zone,
                  size_t zone_size);
/* Was it seen answering with authority for the zone? */
bool world_answered_for(const struct world *world, const struct address *server,
                        const uint8_t *zone, size_t zone_size);
/* The labels of the deepest ancestor of `name` with at most `most_labels` labels that `server` is
 * known to serve; LABELS_UNKNOWN if none. */
unsigned world_zone_labels(const struct world *world, const struct address *server,
                           const struct name *name, unsigned most_labels);

/* A nameserver name that the address is known under for the zone. Size 0 if none. */
void world_server_name(const struct world *world, const struct address *server,
                       const struct name *zone, struct name *server_name);

/* Adds to what stands there. */
void world_count(const struct world *world, struct table_fill *fill);

#endif
