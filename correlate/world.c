#include "correlate/world.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/world_private.h"
#include "decode/hash.h"
#include "decode/hash_words.h"

/* For dividing memory: one in sixteen has thirteen names and some addresses. */
#define BLOCK_TYPICAL_BYTES 32

static void shelve(struct world *world, uint64_t zone_hash, const struct address *server)
{
    shelf_put(&world->shelf, served_key(zone_hash, hash_address(server)));
}

/* What goes only for its age may be asked for again: of that who serves the zone is remembered. */
static void shelve_delegation(struct world *world, const struct delegation *delegation)
{
    uint64_t zone_hash = table_key(delegation);

    for (unsigned i = 0; i < delegation->glue_count; i++)
        shelve(world, zone_hash, &delegation->glue[i].address);
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);
        const struct host *host =
            delegation_has_glue(delegation, i) ? NULL : world_host(world, name, size);

        for (unsigned j = 0; host && j < host->count; j++)
            shelve(world, zone_hash, &host->addresses[j]);
    }
}

static void release_delegation(void *context, void *slot)
{
    struct world *world = context;

    if (table_is_crowded(world->delegations))
        shelve_delegation(world, slot);
    world_drop_block(world, slot);
}

static void release_served(void *context, void *slot)
{
    struct world *world = context;

    if (table_is_crowded(world->served))
        shelf_put(&world->shelf, table_key(slot));
}

struct world *world_new(uint64_t memory_bytes)
{
    struct world *world = calloc(1, sizeof(*world));
    size_t cost = table_slot_cost(sizeof(struct delegation)) + BLOCK_TYPICAL_BYTES;
    uint32_t delegations = (uint32_t)(memory_bytes / 8 * 3 / cost + 16);

    if (!world)
        return NULL;
    world->block_limit_bytes = (uint64_t)delegations * BLOCK_TYPICAL_BYTES;
    world->delegations =
        table_new(sizeof(struct delegation), delegations, release_delegation, world);
    world->hosts = hosts_new(memory_bytes / 4);
    world->served =
        table_new(sizeof(struct served),
                  (uint32_t)(memory_bytes / 8 / table_slot_cost(sizeof(struct served)) + 16),
                  release_served, world);
    if (!world->delegations || !world->hosts || !world->served ||
        shelf_init(&world->shelf, memory_bytes / 4) < 0) {
        world_free(world);
        return NULL;
    }
    return world;
}

void world_free(struct world *world)
{
    if (!world)
        return;
    table_free(world->delegations);
    hosts_free(world->hosts);
    table_free(world->served);
    shelf_clear(&world->shelf);
    free(world);
}

bool world_answered_for(const struct world *world, const struct address *server,
                        const uint8_t *zone, size_t zone_size)
{
    return table_find(world->served,
                      served_key(hash_bytes(zone, zone_size), hash_address(server))) != NULL;
}

const struct host *world_host(const struct world *world, const uint8_t *name, size_t size)
{
    return hosts_find(world->hosts, hash_bytes(name, size));
}

/* Delegations */

size_t delegation_name(const struct delegation *delegation, unsigned index, const uint8_t **name)
{
    const uint16_t *offsets = name_offsets(delegation);
    size_t end = index + 1u < delegation->name_count ? offsets[index + 1] : delegation->pool_bytes;

    *name = name_pool(delegation) + offsets[index];
    return end - offsets[index];
}

bool delegation_names(const struct delegation *delegation, const uint8_t *name, size_t size)
{
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *listed;

        if (delegation_name(delegation, i, &listed) == size && memcmp(listed, name, size) == 0)
            return true;
    }
    return false;
}

bool delegation_has_glue(const struct delegation *delegation, unsigned name_index)
{
    for (unsigned i = 0; i < delegation->glue_count; i++)
        if (delegation->glue[i].name_index == name_index)
            return true;
    return false;
}

bool world_resolves(const struct world *world, const struct delegation *delegation,
                    unsigned name_index)
{
    const uint8_t *name;
    size_t size = delegation_name(delegation, name_index, &name);
    const struct host *host = world_host(world, name, size);

    return delegation_has_glue(delegation, name_index) || (host && host->count > 0);
}

unsigned world_delegations(const struct world *world, const uint8_t *zone, size_t zone_size,
                           const struct delegation *words[WORDS_MAX])
{
    uint64_t zone_hash = hash_bytes(zone, zone_size);
    const struct delegation *parent = table_find(world->delegations, zone_hash);
    const struct delegation *own = parent ? world_own(world, parent, zone_hash) : NULL;
    unsigned count = 0;

    if (own && parent->own == OWN_NEWER)
        words[count++] = own;
    if (parent)
        words[count++] = parent;
    if (own && parent->own == OWN_OLDER)
        words[count++] = own;
    return count;
}

const struct delegation *world_delegation(const struct world *world, const uint8_t *zone,
                                          size_t zone_size)
{
    const struct delegation *words[WORDS_MAX];

    return world_delegations(world, zone, zone_size, words) > 0 ? words[0] : NULL;
}

static bool is_listed(const struct world *world, const struct delegation *delegation,
                      const struct address *server)
{
    for (unsigned i = 0; i < delegation->glue_count; i++)
        if (address_equal(&delegation->glue[i].address, server))
            return true;
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);
        const struct host *host = world_host(world, name, size);

        for (unsigned j = 0; host && j < host->count; j++)
            if (address_equal(&host->addresses[j], server))
                return true;
    }
    return false;
}

/* `key`: served_key() of both. */
static bool is_served(const struct world *world, const struct address *server, uint64_t zone_hash,
                      uint64_t key)
{
    const struct delegation *delegation;

    if (table_find(world->served, key))
        return true;
    delegation = table_find(world->delegations, zone_hash);
    if (!delegation || is_listed(world, delegation, server))
        return delegation != NULL;
    delegation = world_own(world, delegation, zone_hash);
    return delegation && is_listed(world, delegation, server);
}

bool world_serves(const struct world *world, const struct address *server, uint64_t zone_hash)
{
    return is_served(world, server, zone_hash, served_key(zone_hash, hash_address(server)));
}

unsigned world_ancestors(const struct name *name, uint64_t hashes[ANCESTORS_MAX])
{
    unsigned labels = name_labels(name->bytes), left = labels + 1;
    const uint8_t *end = name->bytes + name->size_bytes;

    for (const uint8_t *ancestor = name->bytes; left-- > 0; ancestor += 1 + *ancestor)
        hashes[left] = hash_bytes(ancestor, (size_t)(end - ancestor));
    return labels;
}

/* Some labels at once, for the memory of all to be fetched before the first is waited for. */
#define LABELS_AT_ONCE 4

unsigned world_zone_labels(const struct world *world, const struct address *server,
                           const uint64_t *ancestors, unsigned most_labels)
{
    uint64_t server_hash = hash_address(server);

    for (unsigned end = most_labels + 1, begin; end > 0; end = begin) {
        begin = end < LABELS_AT_ONCE ? 0 : end - LABELS_AT_ONCE;
        for (unsigned i = begin; i < end; i++) {
            table_prefetch_bucket(world->delegations, ancestors[i]);
            table_prefetch_bucket(world->served, served_key(ancestors[i], server_hash));
        }
        for (unsigned i = end; i-- > begin;) {
            uint64_t key = served_key(ancestors[i], server_hash);

            if (is_served(world, server, ancestors[i], key) ||
                (i <= ZONE_LABELS_KEPT && shelf_has(&world->shelf, key)))
                return i;
        }
    }
    return LABELS_UNKNOWN;
}

const struct delegation *world_delegation_by_hash(const struct world *world, uint64_t zone_hash)
{
    return table_find(world->delegations, zone_hash);
}

static size_t list_address(struct glue *listed, size_t count, size_t max, const struct glue *glue)
{
    for (size_t i = 0; i < count; i++)
        if (listed[i].is_aaaa == glue->is_aaaa && address_equal(&listed[i].address, &glue->address))
            return count;
    if (count < max)
        listed[count++] = *glue;
    return count;
}

size_t world_listed(const struct world *world, const struct delegation *delegation,
                    struct glue *listed, size_t max)
{
    size_t count = 0;

    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);
        const struct host *host = world_host(world, name, size);

        for (unsigned j = 0; j < delegation->glue_count; j++)
            if (delegation->glue[j].name_index == i)
                count = list_address(listed, count, max, &delegation->glue[j]);
        for (unsigned j = 0; host && j < host->count; j++) {
            struct glue found = {host->addresses[j], (uint8_t)i,
                                 !address_is_ipv4(&host->addresses[j])};

            count = list_address(listed, count, max, &found);
        }
    }
    return count;
}

static bool find_server_name(const struct world *world, const struct delegation *delegation,
                             const struct address *server, struct name *server_name)
{
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);
        const struct host *host;
        bool is_it = false;

        /* Glue stands here already, a host has to be found. */
        for (unsigned j = 0; j < delegation->glue_count && !is_it; j++)
            is_it = delegation->glue[j].name_index == i &&
                    address_equal(&delegation->glue[j].address, server);
        host = is_it ? NULL : world_host(world, name, size);
        for (unsigned j = 0; host && j < host->count && !is_it; j++)
            is_it = address_equal(&host->addresses[j], server);
        if (is_it) {
            server_name->size_bytes = (uint8_t)size;
            memcpy(server_name->bytes, name, size);
            return true;
        }
    }
    return false;
}

void world_server_name(const struct world *world, const struct address *server,
                       const struct name *zone, struct name *server_name)
{
    const struct delegation *words[WORDS_MAX];
    unsigned count =
        zone->size_bytes ? world_delegations(world, zone->bytes, zone->size_bytes, words) : 0;

    server_name->size_bytes = 0;
    for (unsigned i = 0; i < count; i++)
        if (find_server_name(world, words[i], server, server_name))
            return;
}

void world_count(const struct world *world, struct table_fill *fill)
{
    table_count(world->delegations, fill);
    hosts_count(world->hosts, fill);
}
