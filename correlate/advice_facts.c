#include <string.h>

#include "correlate/advice.h"
#include "correlate/lost_family.h"
#include "correlate/private_zone.h"
#include "decode/codes.h"
#include "decode/hash.h"

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

/* Who is at fault is none of the servers that the zone's parent names. */
static void find_own_servers(struct advice_facts *facts, const struct inquiry *inquiry,
                             const struct incident *incident, const struct name *zone)
{
    const struct world *world = inquiry->knowledge->world;
    const struct delegation *words[WORDS_MAX], *parent, *own;
    struct glue listed[LISTED_MAX];
    size_t count;

    if (zone->size_bytes == 0 ||
        (incident->server_count == 0 && incident->cause != CAUSE_ZONE_NAMESERVER_UNRESOLVABLE) ||
        world_delegations(world, zone->bytes, zone->size_bytes, words) < WORDS_MAX)
        return;
    parent = world_delegation_by_hash(world, hash_bytes(zone->bytes, zone->size_bytes));
    own = words[words[0] == parent ? 1 : 0];
    count = world_listed(world, parent, listed, LISTED_MAX);
    if (count == 0 ||
        (incident->server_count > 0 && is_among(listed, count, &incident->servers[0].address)))
        return;
    for (unsigned i = 0; i < own->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(own, i, &name);

        if (delegation_names(parent, name, size))
            continue;
        facts->own_zone = *zone;
        facts->own_parent = parent->parent_server;
        facts->own_listed = listed[0].address;
        facts->own_name.size_bytes = (uint8_t)size;
        memcpy(facts->own_name.bytes, name, size);
        return;
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

/* Of one name more questions than this are a flood's. */
#define ASKED_BACK_MAX 64

static bool forwards_back(const struct inquiry *inquiry, const struct incident *incident)
{
    const struct name *qname = &incident->qname;
    const struct exchange *exchange;
    struct exchange_walk walk;
    struct exchange room;

    if (strcmp(cause_category(incident->cause), "forwarder") != 0 || incident->server_count == 0 ||
        qname->size_bytes == 0)
        return false;
    exchange_walk_begin(&walk, inquiry->knowledge->exchanges,
                        hash_bytes(qname->bytes, qname->size_bytes), qname->bytes,
                        qname->size_bytes, &room);
    for (unsigned i = 0; i < ASKED_BACK_MAX && (exchange = exchange_walk_next(&walk)) != NULL; i++)
        if (exchange->query_ns != NEVER && exchange->query_ns <= inquiry->failed_ns &&
            exchange->last_query_ns >= inquiry->asked_ns && exchange->qtype == incident->qtype &&
            exchange_is_about(exchange, qname) &&
            address_equal(&exchange->asker, &incident->servers[0].address) &&
            address_equal(&exchange->server, &inquiry->resolver))
            return true;
    return false;
}

void advice_facts_gather(struct advice_facts *facts, const struct inquiry *inquiry,
                         const struct incident *incident)
{
    *facts = (struct advice_facts){.software =
                                       software_recognise(inquiry->knowledge->parties,
                                                          inquiry->egresses, inquiry->egress_count),
                                   .asked = find_asked(incident),
                                   .nobody_asked = !inquiry->live,
                                   .family_is_lost = is_lost(inquiry, incident),
                                   .forwards_back = forwards_back(inquiry, incident)};
    if (!incident->zone.size_bytes)
        return;
    facts->zone_is_private = is_private(inquiry, incident);
    find_parent_server(facts, inquiry, incident);
    find_zone_servers(facts, inquiry, incident);
    find_own_servers(facts, inquiry, incident, &incident->zone);
    for (unsigned i = 0; i < incident->contributing_count && facts->own_zone.size_bytes == 0; i++)
        if (incident->contributing[i].cause == CAUSE_ZONE_NAMESERVER_UNRESOLVABLE)
            find_own_servers(facts, inquiry, incident, &incident->contributing[i].zone);
}
