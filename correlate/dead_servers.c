#include "correlate/dead_servers.h"

#include <string.h>

#include "correlate/hop.h"

/* No resolver takes a shorter silence for death. */
#define SILENCE_NS (2 * SECOND_NS)

/* Since when the server has answered nothing, for long; NEVER: it does answer, or was not asked. It
 * may have come back since. */
static int64_t dead_since(const struct server *server, int64_t at_ns)
{
    if (!server || server_touched_ns(server) < at_ns - FAILURE_MEMORY_NS)
        return NEVER;
    if (server_came_back(server, at_ns - SILENCE_NS, at_ns))
        return server->left_ns;
    return server->open_query_ns == NEVER || server->open_query_ns > at_ns - SILENCE_NS ||
                   server_answered_query_ns(server) >= server->open_query_ns
               ? NEVER
               : server->open_query_ns;
}

/* The glue of a nameserver's name in the delegation of the zone that it lies in. */
static size_t list_glue_above(const struct inquiry *inquiry, const struct name *server,
                              struct glue *listed, size_t count, size_t max)
{
    struct name zone;
    const struct delegation *delegation = inquiry_deepest_cut(inquiry, server, &zone);

    for (unsigned i = 0; delegation && i < delegation->glue_count && count < max; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, delegation->glue[i].name_index, &name);

        if (size == server->size_bytes && memcmp(name, server->bytes, size) == 0)
            listed[count++] = delegation->glue[i];
    }
    return count;
}

/* The addresses of the zone's nameservers as the resolver has them: glue that came for another zone
 * is as good. */
static size_t list_servers(const struct inquiry *inquiry, const struct delegation *delegation,
                           struct glue *listed, size_t max)
{
    size_t own = world_listed(inquiry->knowledge->world, delegation, listed, max), count = own;

    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *bytes;
        struct name server;
        bool known = false;

        for (size_t j = 0; j < own && !known; j++)
            known = listed[j].name_index == i;
        if (known)
            continue;
        server.size_bytes = (uint8_t)delegation_name(delegation, i, &bytes);
        memcpy(server.bytes, bytes, server.size_bytes);
        count = list_glue_above(inquiry, &server, listed, count, max);
    }
    return count;
}

/* All that were asked are dead, and all of IPv4 were asked. */
static bool are_dead(const struct inquiry *inquiry, const struct delegation *delegation,
                     struct hop *hop)
{
    struct glue listed[HOP_ADDRESSES_MAX];
    size_t count = list_servers(inquiry, delegation, listed, HOP_ADDRESSES_MAX);

    for (size_t i = 0; i < count; i++) {
        const struct address *address = &listed[i].address;
        const struct server *server = parties_server(inquiry->knowledge->parties, address);
        int64_t since_ns = dead_since(server, inquiry->failed_ns);

        if (!server && !address_is_ipv4(address))
            continue;
        if (since_ns == NEVER)
            return false;
        hop->addresses[hop->address_count++] = (struct hop_address){
            .address = *address,
            .outcome = server->rejection ? (enum outcome)server->rejection : OUTCOME_TIMEOUT,
            .tries = 1,
            .first_ns = since_ns};
    }
    return hop->address_count > 0;
}

bool dead_servers_find(const struct inquiry *inquiry, struct verdict *verdict)
{
    for (unsigned i = 0; i < inquiry->target_count; i++) {
        const struct target *target = &inquiry->targets[i];
        const struct delegation *delegation;
        struct name zone;
        struct hop hop;

        if (target->why != DEPENDENCY_QUESTION && target->why != DEPENDENCY_ALIAS)
            continue;
        delegation = inquiry_deepest_cut(inquiry, &target->name, &zone);
        hop_init(&hop, false, &zone);
        if (!delegation || !are_dead(inquiry, delegation, &hop))
            continue;
        hop_judge(&hop, inquiry, verdict);
        return verdict->resolution == RESOLUTION_FAILED;
    }
    return false;
}

bool dead_servers_hold(const struct inquiry *inquiry, const struct blamed_server *servers,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (dead_since(parties_server(inquiry->knowledge->parties, &servers[i].address),
                       inquiry->failed_ns) == NEVER)
            return false;
    return count > 0;
}

bool dead_servers_disproved(const struct inquiry *inquiry, int64_t since_ns, struct name *zone)
{
    struct glue listed[HOP_ADDRESSES_MAX];
    const struct delegation *delegation =
        inquiry_deepest_cut(inquiry, &inquiry->targets[0].name, zone);
    size_t count = 0;

    if (delegation)
        count = list_servers(inquiry, delegation, listed, HOP_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct server *server =
            parties_server(inquiry->knowledge->parties, &listed[i].address);

        if (server && server_answered_query_ns(server) >= since_ns)
            return true;
    }
    return false;
}

bool dead_servers_are_excluded(const struct inquiry *inquiry)
{
    struct name zone;

    return inquiry->target_count > 0 && dead_servers_disproved(inquiry, NEVER + 1, &zone);
}
