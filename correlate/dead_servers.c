#include "correlate/dead_servers.h"

/* No resolver takes a shorter silence for death. */
#define SILENCE_NS (2 * SECOND_NS)

/* How the server has answered nothing for long; OUTCOME_ANSWER: it does answer, or was not asked.
 */
static enum outcome how_dead(const struct server *server, int64_t at_ns)
{
    if (!server || server->open_query_ns == NEVER || server->open_query_ns > at_ns - SILENCE_NS ||
        server_answered_query_ns(server) >= server->open_query_ns ||
        server_touched_ns(server) < at_ns - FAILURE_MEMORY_NS)
        return OUTCOME_ANSWER;
    return server->rejection ? (enum outcome)server->rejection : OUTCOME_TIMEOUT;
}

/* All that were asked are dead, and all of IPv4 were asked. */
static bool are_dead(const struct inquiry *inquiry, const struct delegation *delegation,
                     struct hop *hop)
{
    struct glue listed[HOP_ADDRESSES_MAX];
    size_t count = world_listed(inquiry->knowledge->world, delegation, listed, HOP_ADDRESSES_MAX);

    for (size_t i = 0; i < count; i++) {
        const struct address *address = &listed[i].address;
        const struct server *server = parties_server(inquiry->knowledge->parties, address);
        enum outcome outcome = how_dead(server, inquiry->failed_ns);

        if (!server && !address_is_ipv4(address))
            continue;
        if (outcome == OUTCOME_ANSWER)
            return false;
        hop->addresses[hop->address_count++] = (struct hop_address){
            .address = *address, .outcome = outcome, .tries = 1, .first_ns = server->open_query_ns};
    }
    return hop->address_count > 0;
}

static const struct delegation *deepest_delegation(const struct inquiry *inquiry,
                                                   const struct name *name, struct name *zone)
{
    for (unsigned labels = name_labels(name->bytes); labels > 0; labels--) {
        const struct delegation *delegation;

        zone_of_labels(name, labels, zone);
        delegation = inquiry_delegation(inquiry, zone);
        if (delegation)
            return delegation;
    }
    return NULL;
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
        delegation = deepest_delegation(inquiry, &target->name, &zone);
        hop_init(&hop, false, &zone);
        if (!delegation || !are_dead(inquiry, delegation, &hop))
            continue;
        hop_judge(&hop, inquiry, verdict);
        verdict->target = (int)i;
        return verdict->resolution == RESOLUTION_FAILED;
    }
    return false;
}

bool dead_servers_are_excluded(const struct inquiry *inquiry)
{
    struct glue listed[HOP_ADDRESSES_MAX];
    const struct delegation *delegation;
    struct name zone;
    size_t count = 0;

    if (inquiry->target_count == 0)
        return false;
    delegation = deepest_delegation(inquiry, &inquiry->targets[0].name, &zone);
    if (delegation)
        count = world_listed(inquiry->knowledge->world, delegation, listed, HOP_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct server *server =
            parties_server(inquiry->knowledge->parties, &listed[i].address);

        if (server && server_answered_query_ns(server) != NEVER)
            return true;
    }
    return false;
}
