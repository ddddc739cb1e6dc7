#include "correlate/party_private.h"

uint32_t asker_votes_for(const struct asker *egress, const struct address *service)
{
    for (unsigned i = 0; i < PARTY_LINKS; i++)
        if (egress->links[i].votes && address_equal(&egress->links[i].service, service))
            return egress->links[i].votes;
    return 0;
}

/* A resolver's own address asks for itself, and for another of its addresses (IPv4 and IPv6) as a
 * rule, not once in a while. */
static bool votes_win_against(const struct parties *parties, const struct asker *egress,
                              uint32_t votes, uint32_t most)
{
    return votes && votes >= egress->own_questions / 20 && votes * 2 >= most &&
           asker_is_convincing(parties, egress);
}

bool asker_votes_win(const struct parties *parties, const struct asker *egress, uint32_t votes)
{
    return votes && votes_win_against(parties, egress, votes, asker_most_votes(parties, egress));
}

/* Does the resolver behind `service` pass questions on to `other`? Not `certainly` where who asks
 * `other` only once coincided with it. */
static bool forwards_to(const struct parties *parties, const struct address *service,
                        const struct address *other, bool certainly)
{
    const struct server *server = parties_server(parties, other);

    if (!server || !server->asked)
        return false; /* nobody asks it anything */
    for (size_t i = 0; i < parties->egresses.count; i++) {
        const struct asker *egress = egress_at(parties, i);
        uint32_t votes;

        if (address_equal(&egress->address, other) ||
            !among(egress->asked, egress->asked_count, other))
            continue;
        votes = asker_votes_for(egress, service);
        if (address_equal(&egress->address, service) ||
            (certainly ? asker_votes_win(parties, egress, votes) : votes > 0))
            return true;
    }
    return false;
}

/* Of a resolver and the one that it forwards to an egress works for one: for who coincides more. A
 * resolver asks for what its forwarder failed to answer by its other addresses, too, and a question
 * that it passed on may be missing in the capture. */
static bool is_outdone(const struct parties *parties, const struct asker *egress,
                       const struct address *service)
{
    uint32_t votes = asker_votes_for(egress, service);

    for (unsigned i = 0; i < PARTY_LINKS; i++) {
        const struct party_link *link = &egress->links[i];

        if (link->votes < votes || link->votes == 0 || address_equal(&link->service, service))
            continue;
        if (forwards_to(parties, &link->service, service, true) ||
            (link->votes > votes && forwards_to(parties, service, &link->service, true)))
            return true;
    }
    return false;
}

bool asker_is_anothers(const struct parties *parties, const struct asker *egress,
                       const struct address *service)
{
    return forwards_to(parties, service, &egress->address, false) ||
           is_outdone(parties, egress, service);
}

uint64_t asker_links_digest(const struct parties *parties, const struct asker *asker)
{
    uint32_t most = asker_most_votes(parties, asker);
    uint64_t digest = (most > 0 ? 1 : 0) + (asker->own_questions > 0 ? 2 : 0);

    for (unsigned i = 0; i < PARTY_LINKS; i++) {
        const struct party_link *link = &asker->links[i];
        bool wins = votes_win_against(parties, asker, link->votes, most) &&
                    !is_outdone(parties, asker, &link->service);

        /* One that does not win tells of forwarders, where there are any. */
        if (wins || (link->votes && asker->asked_count > 0))
            digest += hash_mix(hash_address(&link->service), wins);
    }
    return digest;
}
