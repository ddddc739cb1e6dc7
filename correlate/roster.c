#include "correlate/roster.h"

#include "decode/hash.h"

bool roster_is_usable(const struct roster *roster, const struct address *server)
{
    return roster->ipv6_works || address_is_ipv4(server);
}

bool roster_lists(const struct roster *roster, const struct address *server)
{
    for (unsigned i = 0; i < roster->count; i++)
        if (address_equal(&roster->addresses[i], server))
            return true;
    return false;
}

bool roster_read(struct roster *roster, const struct world *world, const struct name *zone,
                 bool ipv6_works)
{
    const struct delegation *delegation = world_delegation(world, zone->bytes, zone->size_bytes);
    struct glue listed[ROSTER_MAX];

    if (!delegation || delegation->name_count == 0)
        return false;
    roster->zone = *zone;
    roster->zone_hash = hash_bytes(zone->bytes, zone->size_bytes);
    roster->ipv6_works = ipv6_works;
    roster->names = delegation->name_count;
    roster->count = (unsigned)world_listed(world, delegation, listed, ROSTER_MAX);
    roster->usable = roster->unresolved = 0;
    for (unsigned i = 0; i < roster->count; i++) {
        roster->addresses[i] = listed[i].address;
        roster->usable += roster_is_usable(roster, &listed[i].address);
    }
    for (unsigned i = 0; i < delegation->name_count; i++)
        roster->unresolved += !world_resolves(world, delegation, i);
    return true;
}
