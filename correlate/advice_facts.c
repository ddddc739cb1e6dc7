#include <string.h>

#include "correlate/advice.h"
#include "correlate/lost_family.h"
#include "correlate/private_zone.h"
#include "decode/codes.h"

static void find(struct address *found, bool *known, const struct address *address)
{
    if (*known)
        return;
    *found = *address;
    *known = true;
}

static bool is_blamed(const struct incident *incident, const struct address *address)
{
    for (unsigned i = 0; i < incident->server_count; i++)
        if (address_equal(&incident->servers[i].address, address))
            return true;
    for (unsigned i = 0; i < incident->contributing_count; i++)
        for (unsigned j = 0; j < incident->contributing[i].server_count; j++)
            if (address_equal(&incident->contributing[i].servers[j].address, address))
                return true;
    return false;
}

static bool is_among(const struct glue *listed, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (address_equal(&listed[i].address, address))
            return true;
    return false;
}

static size_t list(const struct inquiry *inquiry, const struct name *zone,
                   const struct delegation **delegation, struct glue listed[LISTED_MAX])
{
    const struct world *world = inquiry->knowledge->world;

    *delegation = zone->size_bytes ? world_delegation(world, zone->bytes, zone->size_bytes) : NULL;
    return *delegation ? world_listed(world, *delegation, listed, LISTED_MAX) : 0;
}

/* Who was asked in this zone and answered, best for its DS where `ds_of` is a name. */
static void find_in_evidence(const struct incident *incident, const struct name *zone,
                             const struct name *ds_of, struct address *found, bool *known)
{
    for (unsigned pass = ds_of ? 0 : 1; pass < 2; pass++) {
        for (unsigned i = 0; i < incident->evidence_count; i++) {
            const struct evidence *evidence = &incident->evidence[i];

            if (evidence->response_time_ns == INT64_MIN || evidence->why == DEPENDENCY_FORWARDED ||
                !name_equal(&evidence->zone, zone) ||
                (pass == 0 && !(evidence->qtype == TYPE_DS && name_equal(&evidence->qname, ds_of))))
                continue;
            find(found, known, &evidence->server);
        }
    }
}

/* An upstream answer with authority is taken for the zone's own word on its servers, so that who
 * said it last may be one of those. */
static void find_parent_server(struct advice_facts *facts, const struct inquiry *inquiry,
                               const struct incident *incident)
{
    struct glue listed[LISTED_MAX];
    const struct delegation *delegation;
    struct name parent;
    size_t count;

    if (!zone_above(&incident->zone, &parent))
        return;
    find_in_evidence(incident, &parent, &incident->zone, &facts->parent_server,
                     &facts->parent_server_known);
    count = list(inquiry, &incident->zone, &delegation, listed);
    if (delegation && !is_among(listed, count, &delegation->parent_server) &&
        !world_answered_for(inquiry->knowledge->world, &delegation->parent_server,
                            incident->zone.bytes, incident->zone.size_bytes))
        find(&facts->parent_server, &facts->parent_server_known, &delegation->parent_server);
    if (list(inquiry, &parent, &delegation, listed) > 0)
        find(&facts->parent_server, &facts->parent_server_known, &listed[0].address);
}

static void find_zone_servers(struct advice_facts *facts, const struct inquiry *inquiry,
                              const struct incident *incident)
{
    struct glue listed[LISTED_MAX];
    const struct delegation *delegation;
    size_t count = list(inquiry, &incident->zone, &delegation, listed);

    find_in_evidence(incident, &incident->zone, NULL, &facts->zone_server,
                     &facts->zone_server_known);
    for (size_t i = 0; i < count; i++) {
        const struct server *server =
            parties_server(inquiry->knowledge->parties, &listed[i].address);

        find(&facts->zone_server, &facts->zone_server_known, &listed[i].address);
        if (server && server_answered_query_ns(server) != NEVER &&
            !is_blamed(incident, &listed[i].address))
            find(&facts->other_server, &facts->other_server_known, &listed[i].address);
    }
}

/* What silence means depends on what else the server did. */
static bool is_outcome_of(const struct evidence *evidence, const struct blamed_server *server)
{
    return evidence->outcome == server->outcome ||
           (evidence->outcome == OUTCOME_TIMEOUT &&
            (server->outcome == OUTCOME_INTERMITTENT || server->outcome == OUTCOME_EDNS_DROPPED));
}

/* The client's own question where the server failed at that, else the last that it failed at: keys
 * may be refused, or too large, where the name itself is answered. */
static const struct evidence *find_asked(const struct incident *incident)
{
    const struct evidence *asked = NULL;

    for (unsigned i = incident->evidence_count; i-- > 0 && incident->server_count > 0;) {
        const struct evidence *evidence = &incident->evidence[i];

        if (!address_equal(&evidence->server, &incident->servers[0].address) ||
            !is_outcome_of(evidence, &incident->servers[0]))
            continue;
        if (evidence->qtype == incident->qtype && name_equal(&evidence->qname, &incident->qname))
            return evidence;
        if (!asked)
            asked = evidence;
    }
    return asked;
}

/* Is it the one at fault, as far as that is known? */
static bool is_private(const struct inquiry *inquiry, const struct incident *incident)
{
    struct private_zone found;

    return strcmp(cause_category(incident->cause), "dnssec") == 0 &&
           private_zone_find(inquiry, &found) &&
           (found.zone.size_bytes == 0 || name_equal(&found.zone, &incident->zone));
}

/* Addresses that are of no special use: it is the resolver that has no route. */
static bool is_lost(const struct inquiry *inquiry, const struct incident *incident)
{
    const struct address *server = &incident->servers[0].address;
    bool ipv4 = incident->server_count > 0 && address_is_ipv4(server);

    return incident->cause == CAUSE_UNREACHABLE_BAD_ADDRESS && incident->server_count > 0 &&
           !address_special_use(server, !ipv4) && lost_family_is_given_up(inquiry, ipv4);
}

void advice_facts_gather(struct advice_facts *facts, const struct inquiry *inquiry,
                         const struct incident *incident)
{
    *facts = (struct advice_facts){.software =
                                       software_recognise(inquiry->knowledge->parties,
                                                          inquiry->egresses, inquiry->egress_count),
                                   .asked = find_asked(incident),
                                   .nobody_asked = !inquiry->live,
                                   .family_is_lost = is_lost(inquiry, incident)};
    if (!incident->zone.size_bytes)
        return;
    facts->zone_is_private = is_private(inquiry, incident);
    find_parent_server(facts, inquiry, incident);
    find_zone_servers(facts, inquiry, incident);
}
