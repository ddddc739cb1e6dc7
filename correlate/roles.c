#include "correlate/party_private.h"

bool parties_is_service(const struct parties *parties, const struct address *address)
{
    const struct server *server;

    if (parties->given_resolver_count)
        return among(parties->given_resolvers, parties->given_resolver_count, address);
    server = parties_server(parties, address);
    return server && server->recurses;
}

bool parties_is_listed(const struct parties *parties, const struct address *address)
{
    const struct server *server = parties_server(parties, address);

    return server && server->in_services;
}

/* The votes of the service that most of them are for. A vote can be for a server that turns out to
 * be none: it does not count. */
uint32_t asker_most_votes(const struct parties *parties, const struct asker *asker)
{
    uint32_t most = 0;

    for (unsigned i = 0; i < PARTY_LINKS; i++)
        if (asker->links[i].votes > most && parties_is_service(parties, &asker->links[i].service))
            most = asker->links[i].votes;
    return most;
}

bool asker_behaves_as_resolver(const struct asker *asker)
{
    return (asker->iterative_queries > 0 && asker->iterative_queries >= asker->recursive_queries) ||
           (asker->infrastructure_queries > 0 &&
            asker->infrastructure_queries * 4 >= asker->recursive_queries);
}

uint8_t asker_traits(const struct asker *asker)
{
    return (uint8_t)((asker_behaves_as_resolver(asker) ? TRAIT_RESOLVES : 0) |
                     (asker_sends(asker) ? TRAIT_SENDS : 0) | TRAIT_ASKED * asker->asked_count);
}

bool asker_acts_as_resolver(const struct parties *parties, const struct asker *asker)
{
    return asker_behaves_as_resolver(asker) || parties_is_listed(parties, &asker->address) ||
           among(parties->given_egresses, parties->given_egress_count, &asker->address);
}

bool asker_is_convincing(const struct parties *parties, const struct asker *asker)
{
    return asker->stands_out || asker_acts_as_resolver(parties, asker);
}

bool parties_is_resolver(const struct parties *parties, const struct address *address)
{
    const struct asker *asker;

    if (among(parties->given_egresses, parties->given_egress_count, address) ||
        parties_is_service(parties, address))
        return true;
    asker = parties_asker(parties, address);
    return asker &&
           ((asker_most_votes(parties, asker) > 0 && asker_is_convincing(parties, asker)) ||
            asker_behaves_as_resolver(asker) || asker->own_questions > 0);
}

bool server_has_clients(const struct parties *parties, const struct server *service)
{
    for (unsigned i = 0; i < service->asker_count; i++)
        if (!parties_is_resolver(parties, &service->askers[i]))
            return true;
    return false;
}

bool parties_is_watched(const struct parties *parties, const struct address *service,
                        const struct address *asker)
{
    const struct server *server = parties_server(parties, service);

    if (!parties_is_service(parties, service))
        return false;
    if (parties->given_resolver_count)
        return true;
    if (parties_asks_upstream(parties, service))
        return true;
    if (asker && !parties_is_resolver(parties, asker))
        return true;
    return server && server_has_clients(parties, server);
}
