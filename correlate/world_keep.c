#include "correlate/exchange.h"
#include "correlate/world_private.h"
#include "decode/hash_words.h"

/* How often what is in use is made the youngest again. */
#define TOUCH_NS (10 * SECOND_NS)

/* What is missing of its nameservers' addresses may be learned again. */
static void note_hosts(const struct world *world, struct delegation *delegation)
{
    delegation->hosts_evicted = (uint32_t)hosts_evicted(world->hosts);
}

/* Of a name with glue other addresses may be learned, where there is room for that. */
static bool needs_host(const struct world *world, const struct delegation *delegation,
                       unsigned index)
{
    return !hosts_are_full(world->hosts) || !delegation_has_glue(delegation, index);
}

/* `keys`: hash_bytes() of its names. */
void world_enter_hosts(struct world *world, struct delegation *delegation, const uint64_t *keys)
{
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);

        if (needs_host(world, delegation, i))
            hosts_keep(world->hosts, keys[i], name, size);
    }
    note_hosts(world, delegation);
}

/* All are looked for in the memory before the first is waited for. */
static void keep_hosts(struct world *world, struct delegation *delegation)
{
    uint64_t keys[REFERRAL_NAMES_MAX];
    const uint8_t *name;

    for (unsigned i = 0; i < delegation->name_count; i++) {
        size_t size = delegation_name(delegation, i, &name);

        keys[i] = hash_bytes(name, size);
        hosts_prefetch(world->hosts, keys[i]);
    }
    for (unsigned i = 0; i < delegation->name_count; i++) {
        size_t size = delegation_name(delegation, i, &name);

        if (needs_host(world, delegation, i))
            hosts_keep(world->hosts, keys[i], name, size);
    }
    note_hosts(world, delegation);
}

/* Makes what is in use the youngest again, once in a while: did it? A time that is later than now
 * is of before the clock was set back. */
bool world_touch(struct world *world, struct delegation *delegation, int64_t time_ns)
{
    if (delegation->touched_ns <= time_ns && time_ns - delegation->touched_ns <= TOUCH_NS)
        return false;
    delegation->touched_ns = time_ns;
    table_touch(world->delegations, delegation);
    return true;
}

/* It was heard of again: so are its hosts in use. */
void world_keep(struct world *world, struct delegation *delegation, int64_t time_ns)
{
    if (world_touch(world, delegation, time_ns) &&
        delegation->hosts_evicted != (uint32_t)hosts_evicted(world->hosts))
        keep_hosts(world, delegation);
}

void world_spare_failed(struct world *world, int64_t time_ns)
{
    for (unsigned i = 0; i < SPARED_AT_ONCE && table_is_full(world->delegations); i++) {
        struct delegation *delegation = table_victim(world->delegations);

        if (!is_spared(delegation->failed, time_ns))
            return;
        table_touch(world->delegations, delegation);
        keep_hosts(world, delegation);
    }
}

void world_keep_used(struct world *world, const struct event *event)
{
    const struct name *qname = &event->dns.qname;
    const uint8_t *end = qname->bytes + qname->size_bytes;
    uint64_t server_hash = hash_address(&event->flow.source);
    unsigned labels = name_labels(qname->bytes);

    for (const uint8_t *zone =
             name_ancestor(qname->bytes, labels < ZONE_LABELS_KEPT ? labels : ZONE_LABELS_KEPT);
         zone < end; zone += 1 + *zone) {
        uint64_t zone_hash = hash_bytes(zone, (size_t)(end - zone));
        struct delegation *delegation = table_find(world->delegations, zone_hash);

        if (delegation)
            world_keep(world, delegation, event->time_ns);
        shelf_keep(&world->shelf, served_key(zone_hash, server_hash));
    }
}

void world_keep_zone(struct world *world, uint64_t zone_hash, const struct address *server,
                     int64_t time_ns)
{
    struct delegation *delegation = table_find(world->delegations, zone_hash);
    uint64_t key = server ? served_key(zone_hash, hash_address(server)) : 0;
    struct served *served = server ? table_find(world->served, key) : NULL;

    if (delegation) {
        struct delegation *own = world_own(world, delegation, zone_hash);

        delegation->failed = failed_at(time_ns);
        world_keep(world, delegation, time_ns);
        if (own) {
            own->failed = delegation->failed;
            world_keep(world, own, time_ns);
        }
    }
    if (served)
        table_touch(world->served, served);
    else if (server)
        shelf_keep(&world->shelf, key);
}
