#include "correlate/lost_family.h"

#include "correlate/dead_servers.h"
#include "correlate/hop.h"

/* While questions about one zone exceed a limit of the resolver's own, it sends others for that
 * zone at least this often. */
#define PAUSE_NS (2 * SECOND_NS)

bool lost_family_is_given_up(const struct inquiry *inquiry, bool ipv4)
{
    bool used = false;

    for (size_t i = 0; i < inquiry->egress_count; i++) {
        const struct asker *asker =
            parties_asker(inquiry->knowledge->parties, &inquiry->egresses[i]);

        if (!asker || address_is_ipv4(&inquiry->egresses[i]) != ipv4)
            continue;
        used |= asker->answers_received > 0;
        if (asker->last_query_ns > inquiry->begin_ns - PAUSE_NS)
            return false;
    }
    return used;
}

/* Did it get answers over the family in this try? */
static bool is_in_use(const struct inquiry *inquiry, bool ipv4)
{
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (inquiry->items[i].active && inquiry->items[i].usable &&
            address_is_ipv4(&inquiry->items[i].exchange->server) == ipv4)
            return true;
    return false;
}

/* Are all addresses that the servers are known to have of one family, and work elsewhere? */
static bool have_one_family(const struct inquiry *inquiry, const struct glue *listed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (listed[i].is_aaaa != listed[0].is_aaaa ||
            address_is_useless(inquiry, &listed[i].address, listed[i].is_aaaa))
            return false;
    return count > 0;
}

static bool find_for(const struct inquiry *inquiry, const struct target *target,
                     struct verdict *verdict)
{
    struct glue listed[LISTED_MAX];
    struct name zone;
    const struct delegation *delegation = inquiry_deepest_cut(inquiry, &target->name, &zone);
    struct hop hop;
    size_t count;

    if (!delegation)
        return false;
    count = world_listed(inquiry->knowledge->world, delegation, listed, LISTED_MAX);
    if (!have_one_family(inquiry, listed, count) ||
        !lost_family_is_given_up(inquiry, !listed[0].is_aaaa) ||
        !is_in_use(inquiry, listed[0].is_aaaa))
        return false;
    hop_init(&hop, false, &zone);
    for (size_t i = 0; i < count && hop.address_count < HOP_ADDRESSES_MAX; i++)
        hop.addresses[hop.address_count++] = (struct hop_address){
            .address = listed[i].address, .outcome = OUTCOME_BAD_ADDRESS, .tries = 0};
    hop_judge(&hop, inquiry, verdict);
    verdict->confidence = CONFIDENCE_LIKELY;
    return verdict->resolution == RESOLUTION_FAILED &&
           !dead_servers_hold(inquiry, verdict->servers, verdict->server_count);
}

bool lost_family_find(const struct inquiry *inquiry, struct verdict *verdict)
{
    for (unsigned i = 0; i < inquiry->target_count; i++) {
        const struct target *target = &inquiry->targets[i];

        if ((target->why == DEPENDENCY_QUESTION || target->why == DEPENDENCY_ALIAS) &&
            find_for(inquiry, target, verdict))
            return true;
    }
    return false;
}
