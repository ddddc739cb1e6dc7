#include "correlate/party_private.h"

#include <string.h>

/* Services that have clients. More of them than an egress can have asked. */
#define CLIENTELE_MAX 16
_Static_assert(CLIENTELE_MAX > PARTY_ASKED, "no egress has asked all of so many");
struct clientele {
    const struct address *services[CLIENTELE_MAX];
    unsigned count;
    bool known;
    /* What those egresses do that are known to work for each of them. */
    struct own_side {
        bool known;
        const struct asker *first; /* NULL: there are none */
        bool ipv4, ipv6;
        bool iterates;
    } own[CLIENTELE_MAX];
};

static void clientele_find(struct clientele *clientele, const struct parties *parties)
{
    for (size_t i = 0; i < parties->services.count && clientele->count < CLIENTELE_MAX; i++)
        if (server_has_clients(parties, service_at(parties, i)))
            clientele->services[clientele->count++] = &service_at(parties, i)->address;
    clientele->known = true;
}

/* Is the egress a resolver's that no coincidence links to any service? */
static bool is_unexplained(const struct parties *parties, const struct asker *egress)
{
    const struct server *server = parties_server(parties, &egress->address);

    return (parties->given_egress_count
                ? among(parties->given_egresses, parties->given_egress_count, &egress->address)
                : asker_behaves_as_resolver(egress)) &&
           !(server && server->asked && parties_is_service(parties, &egress->address)) &&
           asker_most_votes(parties, egress) == 0;
}

static bool is_explained(const struct parties *parties, const struct asker *egress,
                         const struct address *service)
{
    if (address_equal(&egress->address, service))
        return egress->own_questions > 0;
    return asker_votes_win(parties, egress, asker_votes_for(egress, service)) &&
           !asker_is_anothers(parties, egress, service);
}

static const struct own_side *own_side_of(const struct parties *parties,
                                          struct clientele *clientele, unsigned at)
{
    struct own_side *own = &clientele->own[at];

    if (own->known)
        return own;
    own->known = true;
    for (size_t i = 0; i < parties->egresses.count; i++) {
        const struct asker *egress = egress_at(parties, i);

        if (!asker_sends(egress) || !is_explained(parties, egress, clientele->services[at]))
            continue;
        if (!own->first)
            own->first = egress;
        if (address_is_ipv4(&egress->address))
            own->ipv4 = true;
        else
            own->ipv6 = true;
        own->iterates |= egress->iterative_queries > 0;
    }
    return own;
}

/* May an egress of this family, which iterates and nothing explains, be the one that such a
 * resolver asks by? Not by one that is seen to forward what it is asked, or to ask from another
 * address of that family. */
static bool is_missed(const struct own_side *own, bool ipv4)
{
    if (own->first && !own->iterates)
        return false;
    return !(ipv4 ? own->ipv4 : own->ipv6);
}

/* The services with clients that an egress, which nothing explains, may work for. */
struct suitors {
    unsigned unasked;             /* that it does not ask itself */
    const struct address *missed; /* of those the only one that misses it, or another address of the
                                     same resolver; NULL: none, or several */
};

static struct suitors suitors_of(const struct parties *parties, const struct asker *egress,
                                 struct clientele *clientele)
{
    struct suitors suitors = {.unasked = 0};
    const struct own_side *found = NULL;

    if (!clientele->known)
        clientele_find(clientele, parties);
    for (unsigned i = 0; i < clientele->count; i++) {
        const struct own_side *own;

        if (among(egress->asked, egress->asked_count, clientele->services[i]))
            continue;
        suitors.unasked++;
        own = own_side_of(parties, clientele, i);
        if (!is_missed(own, address_is_ipv4(&egress->address)))
            continue;
        if (found && (!own->first || own->first != found->first))
            return (struct suitors){.unasked = suitors.unasked};
        found = own;
        suitors.missed = clientele->services[i];
    }
    if (clientele->count == CLIENTELE_MAX)
        suitors.missed = NULL;
    return suitors;
}

/* Does `egress` ask for the resolver that serves at `service`? */
static bool is_linked(const struct parties *parties, const struct asker *egress,
                      const struct address *service, struct clientele *clientele)
{
    struct suitors suitors;

    if (address_equal(&egress->address, service))
        return true;
    if (asker_votes_win(parties, egress, asker_votes_for(egress, service)))
        return !asker_is_anothers(parties, egress, service);
    if (among(egress->asked, egress->asked_count, service) || !is_unexplained(parties, egress))
        return false;
    suitors = suitors_of(parties, egress, clientele);
    return suitors.unasked == 0 || (suitors.missed && address_equal(suitors.missed, service));
}

static bool asks_upstream(const struct parties *parties, const struct address *service)
{
    for (size_t i = 0; i < parties->egresses.count; i++) {
        const struct asker *egress = egress_at(parties, i);

        if (address_equal(&egress->address, service)
                ? asker_sends(egress)
                : asker_votes_win(parties, egress, asker_votes_for(egress, service)) &&
                      asker_most_votes(parties, egress) > 0 &&
                      !asker_is_anothers(parties, egress, service))
            return true;
    }
    return false;
}

/* The first service in order of address that the egress is linked to, where it is before `before`;
 * else `before`. As is_linked() has it, without a look at each service. */
static struct address first_linked(const struct parties *parties, const struct asker *egress,
                                   struct address before, struct clientele *clientele)
{
    struct suitors suitors;

    if (parties_is_listed(parties, &egress->address) &&
        address_compare(&egress->address, &before) < 0)
        before = egress->address;
    for (unsigned i = 0; i < PARTY_LINKS; i++) {
        const struct party_link *link = &egress->links[i];

        if (link->votes && address_compare(&link->service, &before) < 0 &&
            parties_is_listed(parties, &link->service) &&
            asker_votes_win(parties, egress, link->votes) &&
            !asker_is_anothers(parties, egress, &link->service))
            before = link->service;
    }
    if (!is_unexplained(parties, egress))
        return before;
    suitors = suitors_of(parties, egress, clientele);
    if (suitors.missed && address_compare(suitors.missed, &before) < 0)
        return *suitors.missed;
    if (suitors.unasked > 0)
        return before;
    for (size_t i = 0; i < parties->services.count; i++) {
        const struct address *service = &service_at(parties, i)->address;

        if (address_compare(service, &before) >= 0)
            break;
        if (!among(egress->asked, egress->asked_count, service))
            return *service;
    }
    return before;
}

/* The first service that shares an egress stands for all. */
static struct address shared_canonical(const struct parties *parties, const struct address *service,
                                       struct clientele *clientele)
{
    struct address first = *service;

    for (size_t i = 0; i < parties->egresses.count; i++)
        if (is_linked(parties, egress_at(parties, i), service, clientele))
            first = first_linked(parties, egress_at(parties, i), first, clientele);
    return first;
}

/* Where all egresses that were seen work for one resolver, a service that none was seen to work for
 * is another address of it. */
static bool find_sole_resolver(const struct parties *parties, struct address *canonical,
                               struct clientele *clientele)
{
    bool found = false;

    for (size_t s = 0; s < parties->services.count; s++) {
        struct address other;

        if (!asks_upstream(parties, &service_at(parties, s)->address))
            continue;
        other = shared_canonical(parties, &service_at(parties, s)->address, clientele);
        if (found && !address_equal(&other, canonical))
            return false;
        *canonical = other;
        found = true;
    }
    return found;
}

static bool has_egress(const struct parties *parties, const struct address *service,
                       struct clientele *clientele)
{
    for (size_t i = 0; i < parties->egresses.count; i++)
        if (asker_sends(egress_at(parties, i)) &&
            is_linked(parties, egress_at(parties, i), service, clientele))
            return true;
    return false;
}

static struct address find_canonical(const struct parties *parties, const struct address *service,
                                     struct clientele *clientele)
{
    struct address canonical = shared_canonical(parties, service, clientele);

    if (address_equal(&canonical, service) && !has_egress(parties, service, clientele) &&
        !find_sole_resolver(parties, &canonical, clientele))
        return *service;
    return canonical;
}

/* Those that packets link to a service come first, then who is answered most: anybody can send
 * queries under as many addresses as he likes. */
static bool goes_before(const struct parties *parties, const struct asker *a, const struct asker *b)
{
    bool a_is_unexplained = is_unexplained(parties, a),
         b_is_unexplained = is_unexplained(parties, b);

    if (a_is_unexplained != b_is_unexplained)
        return b_is_unexplained;
    return a_is_unexplained && a->answers_received > b->answers_received;
}

/* Keeps the first EGRESSES_MAX; of equals the first that come. */
static unsigned put_in_order(const struct parties *parties,
                             const struct asker *egresses[EGRESSES_MAX], unsigned count,
                             const struct asker *egress)
{
    unsigned at = count;

    while (at > 0 && goes_before(parties, egress, egresses[at - 1]))
        at--;
    if (at == EGRESSES_MAX)
        return count;
    if (count < EGRESSES_MAX)
        count++;
    memmove(&egresses[at + 1], &egresses[at], (count - at - 1) * sizeof(egresses[0]));
    egresses[at] = egress;
    return count;
}

/* What a resolver's services and egresses are takes a walk over all of them; whether it asks
 * upstream at all, which each minute wants to know, does not. */
static void find_relations(const struct parties *parties, struct role_memo *memo)
{
    struct clientele clientele = {.known = false};
    const struct asker *egresses[EGRESSES_MAX];
    unsigned count = 0;

    memo->canonical = find_canonical(parties, &memo->service, &clientele);
    for (size_t i = 0; i < parties->egresses.count; i++) {
        const struct asker *egress = egress_at(parties, i);

        if (is_linked(parties, egress, &memo->service, &clientele) ||
            is_linked(parties, egress, &memo->canonical, &clientele))
            count = put_in_order(parties, egresses, count, egress);
    }
    for (unsigned i = 0; i < count; i++)
        memo->egresses[i] = egresses[i]->address;
    memo->egress_count = count;
    memo->has_relations = true;
}

static struct role_memo *memo_of(const struct parties *parties, const struct address *service)
{
    struct role_memo *memo = &parties->memos[hash_address(service) % ROLE_MEMOS];

    if (memo->epoch == parties->role_epoch && address_equal(&memo->service, service))
        return memo;
    memo->epoch = parties->role_epoch;
    memo->service = *service;
    memo->asks_upstream = asks_upstream(parties, service);
    memo->has_relations = false;
    return memo;
}

static const struct role_memo *relations_of(const struct parties *parties,
                                            const struct address *service)
{
    struct role_memo *memo = memo_of(parties, service);

    if (!memo->has_relations)
        find_relations(parties, memo);
    return memo;
}

bool parties_asks_upstream(const struct parties *parties, const struct address *service)
{
    return memo_of(parties, service)->asks_upstream;
}

struct address parties_canonical(const struct parties *parties, const struct address *service)
{
    return relations_of(parties, service)->canonical;
}

size_t parties_egresses(const struct parties *parties, const struct address *service,
                        struct address egresses[EGRESSES_MAX])
{
    const struct role_memo *memo = relations_of(parties, service);

    memcpy(egresses, memo->egresses, memo->egress_count * sizeof(*egresses));
    return memo->egress_count;
}
