/* What the world is made of, for the files that it is divided into. */
#ifndef CORRELATE_WORLD_PRIVATE_H
#define CORRELATE_WORLD_PRIVATE_H

#include "correlate/shelf.h"
#include "correlate/table.h"
#include "correlate/world.h"
#include "decode/hash.h"

struct served {
    int64_t time_ns;
};

struct world {
    struct table *delegations; /* by zone */
    struct hosts *hosts;
    struct table *served;                    /* by server and zone */
    struct shelf shelf;                      /* of what was known to be served, the same keys */
    uint64_t block_bytes, block_limit_bytes; /* of the blocks that delegations have no room for */
    struct referral referral;                /* the last one that was read */
};

static inline uint64_t served_key(uint64_t zone_hash, uint64_t server_hash)
{
    return hash_mix(zone_hash, server_hash);
}

/* Behind a delegation's glue: where each nameserver's name begins in the pool, and the pool. */
static inline uint16_t *name_offsets(const struct delegation *delegation)
{
    return (uint16_t *)(void *)(delegation->glue + delegation->glue_count);
}

static inline uint8_t *name_pool(const struct delegation *delegation)
{
    return (uint8_t *)(name_offsets(delegation) + delegation->name_count);
}

/* world_learn.c */

/* Frees what the delegation has no room for, and leaves it without names. */
void world_drop_block(struct world *world, struct delegation *delegation);

/* Enters what was read last, unless `delegation`, which is known under the key (NULL: none is),
 * says so already. Whoever has filled in the rest calls world_bound_blocks(). */
struct delegation *world_enter(struct world *world, const struct event *event, uint64_t key,
                               struct delegation *delegation);
void world_bound_blocks(struct world *world);

/* world_own.c: what a zone says itself of who serves it, where its parent does not say so. It
 * stands beside the parent's word, under a key of its own. */

/* NULL: it names no others, or is not known any more. */
struct delegation *world_own(const struct world *world, const struct delegation *parent,
                             uint64_t zone_hash);
/* Learns from an answer with authority that has the zone's NS records in `section`. */
void world_see_own(struct world *world, const struct event *event, const struct answer *answer,
                   enum section section);

/* world_keep.c: what is in use stays when something has to go. */

/* Makes what is in use the youngest again, once in a while: did it? */
bool world_touch(struct world *world, struct delegation *delegation, int64_t time_ns);
/* It was heard of again: so are its hosts in use. */
void world_keep(struct world *world, struct delegation *delegation, int64_t time_ns);
/* Of a delegation that was just learned; `keys`: hash_bytes() of its names. */
void world_enter_hosts(struct world *world, struct delegation *delegation, const uint64_t *keys);
/* Before another one is added: what failed lately is not the one to go for that. */
void world_spare_failed(struct world *world, int64_t time_ns);
/* There was an answer: the resolver asks where it knows the delegation, however long ago it was
 * heard of. */
void world_keep_used(struct world *world, const struct event *event);

#endif
