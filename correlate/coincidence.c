#include "correlate/party_private.h"

/* How soon after a client's question an egress asks for the same name for the two to belong
 * together: a forwarding resolver passes the question on at once, an iterating one walks down to
 * the name first. */
#define FORWARD_LAG_NS (100 * MILLISECOND_NS)
#define ITERATE_LAG_NS (5 * SECOND_NS)
/* A resolver that passed a question on gives the forwarder up after a while (named after 0.8 s),
 * and then asks himself, where he may. */
#define GIVEN_UP_NS (700 * MILLISECOND_NS)
/* How long one question's tries last at most. */
#define TRIES_NS (60 * SECOND_NS)
/* A coincidence with one service only counts more than one among several. */
#define VOTE_AMBIGUOUS 1

static void vote(struct party *egress, const struct address *service, uint32_t weight)
{
    struct party_link *weakest = &egress->links[0];

    egress->weighed_then = egress->weighed;
    for (unsigned i = 0; i < PARTY_LINKS; i++) {
        struct party_link *link = &egress->links[i];

        if (link->votes && address_equal(&link->service, service)) {
            link->votes += weight;
            return;
        }
        if (link->votes < weakest->votes)
            weakest = link;
    }
    if (weakest->votes <= weight)
        *weakest = (struct party_link){.service = *service, .votes = weight};
    else
        weakest->votes -= weight;
}

static struct asked_at *asked_at(struct asked *asked, const struct address *service)
{
    for (unsigned i = 0; i < asked->count; i++)
        if (address_equal(&asked->at[i].service, service))
            return &asked->at[i];
    return NULL;
}

void coincidence_remember(struct parties *parties, const struct event *event)
{
    uint64_t key = asked_key(&event->dns);
    struct asked *asked = table_find(parties->asked, key);
    struct asked_at *at;

    if (asked)
        table_touch(parties->asked, asked);
    else
        asked = table_add(parties->asked, key, party_key(&event->flow.source));
    at = asked_at(asked, &event->flow.destination);
    if (!at && asked->count < ASKED_AT_MAX) {
        at = &asked->at[asked->count++];
    } else if (!at) {
        memmove(&asked->at[0], &asked->at[1], (ASKED_AT_MAX - 1) * sizeof(asked->at[0]));
        at = &asked->at[ASKED_AT_MAX - 1];
    }
    if (at->open && event->time_ns - at->time_ns < ITERATE_LAG_NS &&
        address_equal(&at->service, &event->flow.destination))
        return; /* the earliest of those that wait decides */
    *at = (struct asked_at){event->flow.destination, event->flow.source, event->time_ns, true};
}

void coincidence_close(struct parties *parties, const struct event *event)
{
    struct asked *asked = table_find(parties->asked, asked_key(&event->dns));
    struct asked_at *at = asked ? asked_at(asked, &event->flow.source) : NULL;

    if (at)
        at->open = false;
}

/* Only who asks for the first time tells whom he asks for: one question may take many tries. */
static bool asked_before(const struct exchange_table *exchanges, const struct event *event)
{
    const struct exchange *exchange = exchange_by_name(exchanges, event->dns.qname_hash);
    int64_t since_ns = event->time_ns - TRIES_NS;

    for (unsigned walked = 0; exchange && walked < 64 && exchange_begin(exchange) > since_ns;
         exchange = exchange_older(exchanges, exchange), walked++)
        if (exchange->query_ns != NEVER && exchange->qtype == event->dns.qtype &&
            address_equal(&exchange->asker, &event->flow.source))
            return true;
    return false;
}

/* What an egress has got in the way of votes is what others are measured by. */
static void raise_level(struct parties *parties, const struct party *asker)
{
    if (party_raw_votes(asker) < 2 * parties->votes_level || !party_is_convincing(parties, asker))
        return;
    parties->votes_level *= 2;
    roles_change(parties);
}

/* The asker asks for what a client asked some service for a moment ago: it may work for that. */
void coincidence_learn(struct parties *parties, struct party *asker, const struct event *event,
                       const struct exchange_table *exchanges)
{
    int64_t lag_ns = event->dns.flags & DNS_RD ? FORWARD_LAG_NS : ITERATE_LAG_NS;
    struct asked *asked = table_find(parties->asked, asked_key(&event->dns));
    const struct asked_at *latest = NULL;
    unsigned candidates = 0;
    bool given_up = false, again = asked_before(exchanges, event);
    uint64_t digest;

    asker->weighed += !again;
    for (unsigned i = 0; asked && i < asked->count; i++) {
        const struct asked_at *at = &asked->at[i];

        if (!at->open || event->time_ns - at->time_ns > lag_ns || at->time_ns > event->time_ns)
            continue;
        if (address_equal(&at->service, &asker->address)) {
            digest = party_links_digest(parties, asker);
            asker->own_questions += VOTE_EXCLUSIVE;
            if (party_links_digest(parties, asker) != digest)
                roles_change(parties);
            return;
        }
        if (address_equal(&at->asker, &asker->address) ||
            address_equal(&at->service, &event->flow.destination))
            continue;
        if (event->time_ns - at->time_ns > GIVEN_UP_NS &&
            parties_is_resolver(parties, &at->asker)) {
            given_up = true;
            continue;
        }
        candidates++;
        if (!latest || at->time_ns >= latest->time_ns)
            latest = at;
    }
    if (!latest || again)
        return;
    digest = party_links_digest(parties, asker);
    vote(asker, &latest->service, candidates == 1 && !given_up ? VOTE_EXCLUSIVE : VOTE_AMBIGUOUS);
    raise_level(parties, asker);
    if (party_links_digest(parties, asker) != digest)
        roles_change(parties);
}
