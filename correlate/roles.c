#include "correlate/party_private.h"

bool parties_is_service(const struct parties *parties, const struct address *address)
{
    const struct party *party;

    if (parties->given_resolver_count)
        return among(parties->given_resolvers, parties->given_resolver_count, address);
    party = parties_find(parties, address);
    return party && party->recursive_answers > 0;
}

/* The votes of the service that most of them are for. A vote can be for a server that turns out to
 * be none: it does not count. */
uint32_t party_most_votes(const struct parties *parties, const struct party *party)
{
    uint32_t most = 0;

    for (unsigned i = 0; i < PARTY_LINKS; i++)
        if (party->links[i].votes > most && parties_is_service(parties, &party->links[i].service))
            most = party->links[i].votes;
    return most;
}

/* By what it asks: RD=0 more than RD=1, or keys and root servers. */
static bool behaves_as_resolver(const struct party *party)
{
    return (party->iterative_queries > 0 && party->iterative_queries >= party->recursive_queries) ||
           (party->infrastructure_queries > 0 &&
            party->infrastructure_queries * 4 >= party->recursive_queries);
}

bool parties_is_resolver(const struct parties *parties, const struct address *address)
{
    const struct party *party;

    if (among(parties->given_egresses, parties->given_egress_count, address) ||
        parties_is_service(parties, address))
        return true;
    party = parties_find(parties, address);
    return party && (party_most_votes(parties, party) > 0 || behaves_as_resolver(party));
}

/* Is it asked by somebody who is not a resolver himself? */
static bool has_clients(const struct parties *parties, const struct party *service)
{
    for (unsigned i = 0; i < service->asker_count; i++)
        if (!parties_is_resolver(parties, &service->askers[i]))
            return true;
    return false;
}

/* Is there just one resolver that an unexplained egress could work for? */
static bool is_only_service(const struct parties *parties, const struct party *egress,
                            const struct address *service)
{
    for (size_t i = 0; i < parties->service_count; i++) {
        const struct party *other = parties->services[i];

        if (!address_equal(&other->address, service) && has_clients(parties, other) &&
            !among(egress->asked, egress->asked_count, &other->address))
            return false;
    }
    return true;
}

static uint32_t votes_for(const struct party *egress, const struct address *service)
{
    for (unsigned i = 0; i < PARTY_LINKS; i++)
        if (egress->links[i].votes && address_equal(&egress->links[i].service, service))
            return egress->links[i].votes;
    return 0;
}

/* Does the resolver behind `service` pass questions on to `server`? Then that is another resolver,
 * however much it asks for the same names. */
static bool forwards_to(const struct parties *parties, const struct address *service,
                        const struct party *server)
{
    for (size_t i = 0; i < parties->egress_count; i++) {
        const struct party *egress = parties->egresses[i];

        if (egress != server && among(egress->asked, egress->asked_count, &server->address) &&
            (address_equal(&egress->address, service) || votes_for(egress, service)))
            return true;
    }
    return false;
}

/* Does `egress` ask for the resolver that serves at `service`? */
static bool is_linked(const struct parties *parties, const struct party *egress,
                      const struct address *service)
{
    uint32_t most = party_most_votes(parties, egress), votes = votes_for(egress, service);

    if (address_equal(&egress->address, service))
        return true;
    /* A resolver's own address asks for itself, and for another of its addresses (IPv4 and IPv6) as
     * a rule, not once in a while. */
    if (votes && votes * 2 >= most && votes >= egress->own_questions / 20)
        return !forwards_to(parties, service, egress);
    if (most || (parties_is_service(parties, &egress->address) && egress->queries_received) ||
        among(egress->asked, egress->asked_count, service))
        return false;
    return (behaves_as_resolver(egress) ||
            among(parties->given_egresses, parties->given_egress_count, &egress->address)) &&
           is_only_service(parties, egress, service);
}

static bool asks_upstream(const struct parties *parties, const struct address *service)
{
    for (size_t i = 0; i < parties->egress_count; i++) {
        const struct party *egress = parties->egresses[i];

        if (address_equal(&egress->address, service)
                ? party_sends(egress)
                : party_most_votes(parties, egress) > 0 && is_linked(parties, egress, service))
            return true;
    }
    return false;
}

bool parties_is_watched(const struct parties *parties, const struct address *service,
                        const struct address *asker)
{
    const struct party *party = parties_find(parties, service);

    if (!parties_is_service(parties, service))
        return false;
    if (parties->given_resolver_count)
        return true;
    if (asks_upstream(parties, service))
        return true;
    if (asker && !parties_is_resolver(parties, asker))
        return true;
    return party && has_clients(parties, party);
}

static struct address shared_canonical(const struct parties *parties, const struct address *service)
{
    /* The lists are in order of address: the first service that shares an egress stands for all. */
    for (size_t s = 0; s < parties->service_count; s++) {
        const struct party *other = parties->services[s];

        if (address_compare(&other->address, service) >= 0)
            break;
        for (size_t e = 0; e < parties->egress_count; e++)
            if (is_linked(parties, parties->egresses[e], service) &&
                is_linked(parties, parties->egresses[e], &other->address))
                return other->address;
    }
    return *service;
}

/* Where all egresses that were seen work for one resolver, a service that none was seen to work for
 * is another address of it. */
static bool find_sole_resolver(const struct parties *parties, struct address *canonical)
{
    bool found = false;

    for (size_t s = 0; s < parties->service_count; s++) {
        struct address other;

        if (!asks_upstream(parties, &parties->services[s]->address))
            continue;
        other = shared_canonical(parties, &parties->services[s]->address);
        if (found && !address_equal(&other, canonical))
            return false;
        *canonical = other;
        found = true;
    }
    return found;
}

struct address parties_canonical(const struct parties *parties, const struct address *service)
{
    struct address canonical = shared_canonical(parties, service);

    if (address_equal(&canonical, service) && !asks_upstream(parties, service) &&
        !find_sole_resolver(parties, &canonical))
        return *service;
    return canonical;
}

size_t parties_egresses(const struct parties *parties, const struct address *service,
                        struct address egresses[EGRESSES_MAX])
{
    struct address canonical = parties_canonical(parties, service);
    size_t count = 0;

    for (size_t i = 0; i < parties->egress_count && count < EGRESSES_MAX; i++) {
        const struct party *egress = parties->egresses[i];

        if (is_linked(parties, egress, service) || is_linked(parties, egress, &canonical))
            egresses[count++] = egress->address;
    }
    return count;
}
