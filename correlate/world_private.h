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

#endif
