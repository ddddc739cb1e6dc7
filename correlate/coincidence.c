#include "correlate/party_private.h"

/* How soon after a client's question an egress asks for the same name for the two to belong
 * together: a forwarding resolver passes the question on at once, an iterating one walks down to
 * the name first. */
#define FORWARD_LAG_NS (100 * MILLISECOND_NS)
#define ITERATE_LAG_NS (5 * SECOND_NS)
/* A resolver that passed a question on gives the forwarder up after a while (named after 0.8 s),
 * and then asks himself, where he may. */
#define GIVEN_UP_NS (700 * MILLISECOND_NS)
/* How long one question's tries last at most, and of how many exchanges of its name that is looked
 * into: a bound in time. */
#define TRIES_NS         (60 * SECOND_NS)
#define TRIES_WALKED_MAX 64
/* Chance makes some of a crowd coincide, once or twice: so many are needed of one who may be of it.
 * What it gives is known by as many questions as this, of which the first say little; who asks by
 * fewer, since a client may become a forwarder, and the other way round. */
#define CROWD_SURPRISE 4
#define CHANCE_MEMORY  16384
#define CHANCE_UNKNOWN 64
#define ASKER_MEMORY   1024
/* A coincidence with one service only counts more than one among several. */
#define VOTE_AMBIGUOUS 1

static void give(struct asker *egress, const struct address *service, uint32_t weight)
{
    struct party_link *weakest = &egress->links[0];

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

static void vote(struct asker *egress, const struct address *service, uint32_t weight)
{
    give(egress, service, weight);
    egress->raw_votes = 0;
    for (unsigned i = 0; i < PARTY_LINKS; i++)
        if (egress->links[i].votes > egress->raw_votes)
            egress->raw_votes = egress->links[i].votes;
}

/* Who sends questions that meet another's keeps a service from one coincidence of very many. */
static struct asked_bucket *bucket_of(const struct parties *parties,
                                      const struct dns_message *message)
{
    const struct name *qname = &message->qname;
    uint64_t hash = hash_unkeyed(qname->bytes, qname->size_bytes, message->qtype);

    return &parties->asked[hash & parties->asked_mask];
}

/* The way that holds the question to this service, or ASKED_WAYS. */
static unsigned way_of(const struct asked_bucket *bucket, uint64_t key,
                       const struct address *service)
{
    for (unsigned i = 0; i < ASKED_WAYS; i++)
        if (bucket->keys[i] == key && address_equal(&bucket->asked[i].service, service))
            return i;
    return ASKED_WAYS;
}

/* Nothing coincides with it any more (or the clock was set back): its place is free. */
static bool is_over(const struct asked_bucket *bucket, unsigned way, int64_t now_ns)
{
    return bucket->keys[way] == 0 || bucket->times_ns[way] > now_ns ||
           now_ns - bucket->times_ns[way] >= ITERATE_LAG_NS;
}

/* Where one more may stand: in a free place, else in that of another question of the same asker, so
 * that who asks much pushes out himself, else in that of the oldest. */
static unsigned free_way(const struct asked_bucket *bucket, const struct event *event)
{
    unsigned own = ASKED_WAYS, oldest = 0;

    for (unsigned i = 0; i < ASKED_WAYS; i++) {
        if (is_over(bucket, i, event->time_ns))
            return i;
        if (address_equal(&bucket->asked[i].asker, &event->flow.source))
            own = i;
        if (bucket->times_ns[i] < bucket->times_ns[oldest])
            oldest = i;
    }
    return own < ASKED_WAYS ? own : oldest;
}

void coincidence_remember(struct parties *parties, const struct event *event)
{
    struct asked_bucket *bucket = bucket_of(parties, &event->dns);
    uint64_t key = asked_key(&event->dns);
    unsigned way = way_of(bucket, key, &event->flow.destination);

    if (way == ASKED_WAYS)
        way = free_way(bucket, event);
    else if (!is_over(bucket, way, event->time_ns))
        return; /* the earliest of those that wait decides */
    bucket->keys[way] = key;
    bucket->times_ns[way] = event->time_ns;
    bucket->asked[way] =
        (struct asked){event->flow.destination, event->flow.source, event->dns.exchange_hash};
    parties->asked_ns = event->time_ns;
}

void coincidence_close(struct parties *parties, const struct event *event)
{
    struct asked_bucket *bucket = bucket_of(parties, &event->dns);
    unsigned way = way_of(bucket, asked_key(&event->dns), &event->flow.source);

    if (way < ASKED_WAYS && bucket->asked[way].exchange_hash == event->dns.exchange_hash)
        bucket->keys[way] = 0;
}

/* Only who asks for the first time tells whom he asks for: one question may take many tries. */
static bool asked_before(const struct exchange_table *exchanges, const struct event *event)
{
    const struct dns_message *message = &event->dns;
    int64_t since_ns = event->time_ns - TRIES_NS;
    const struct exchange *exchange;
    struct exchange_walk walk;
    struct exchange room;

    exchange_walk_begin(&walk, exchanges, message->qname_hash, message->qname.bytes,
                        message->qname.size_bytes, &room);
    for (unsigned walked = 0;
         walked < TRIES_WALKED_MAX && (exchange = exchange_walk_next(&walk)) != NULL &&
         exchange_begin(exchange) > since_ns;
         walked++)
        if (exchange->query_ns != NEVER && exchange->qtype == event->dns.qtype &&
            address_equal(&exchange->asker, &event->flow.source))
            return true;
    return false;
}

/* Whom the asker of the event may work for. */
struct coincidence {
    const struct address *service; /* of the question that was asked last; NULL: none */
    int64_t time_ns;
    unsigned candidates;
    bool given_up; /* perhaps: by a resolver that passed it on, and may ask himself now */
    bool own;      /* the asker itself was asked */
};

/* Does he ask servers himself, too? Then another address of his may be the one that asks for what
 * he asked a forwarder, whose failure may be missing in the capture. */
static bool iterates(const struct parties *parties, const struct address *address)
{
    const struct asker *asker = parties_asker(parties, address);

    return asker && asker->iterative_queries > 0;
}

static void consider(struct coincidence *found, const struct parties *parties,
                     const struct event *event, const struct asked *asked, int64_t time_ns)
{
    if (address_equal(&asked->asker, &event->flow.source) ||
        address_equal(&asked->service, &event->flow.destination))
        return;
    if (event->time_ns - time_ns > GIVEN_UP_NS && parties_is_resolver(parties, &asked->asker)) {
        found->given_up = true;
        return;
    }
    found->candidates++;
    found->given_up |= iterates(parties, &asked->asker);
    if (!found->service || time_ns >= found->time_ns) {
        found->service = &asked->service;
        found->time_ns = time_ns;
    }
}

static struct coincidence find_coincidence(const struct parties *parties, const struct event *event)
{
    int64_t lag_ns = event->dns.flags & DNS_RD ? FORWARD_LAG_NS : ITERATE_LAG_NS;
    const struct asked_bucket *bucket = bucket_of(parties, &event->dns);
    uint64_t key = asked_key(&event->dns);
    struct coincidence found = {.service = NULL};

    for (unsigned i = 0; i < ASKED_WAYS; i++) {
        if (bucket->keys[i] != key || event->time_ns - bucket->times_ns[i] > lag_ns ||
            bucket->times_ns[i] > event->time_ns)
            continue;
        if (address_equal(&bucket->asked[i].service, &event->flow.source))
            found.own = true;
        else
            consider(&found, parties, event, &bucket->asked[i], bucket->times_ns[i]);
    }
    return found;
}

/* Would a coincidence have been seen? Of most questions only a sample was remembered. */
static bool is_comparable(const struct parties *parties, const struct dns_message *message)
{
    return parties->recursive_queries <= EARLY_QUERIES || is_infrastructure(message) ||
           is_in_sample(message);
}

/* What is beyond `memory` counts half. */
static void count_in(struct tally *tally, uint32_t memory, bool coincides)
{
    if (tally->weighed == memory) {
        tally->weighed /= 2;
        tally->coincident /= 2;
    }
    tally->weighed++;
    tally->coincident += coincides;
}

/* Do others ask the same services? Then its coincidences may be chance. */
static bool is_of_crowd(const struct parties *parties, const struct asker *asker)
{
    for (unsigned i = 0; i < asker->asked_count; i++) {
        const struct server *service = parties_server(parties, &asker->asked[i]);

        if (service && service->asker_count == PARTY_ASKERS)
            return true;
    }
    return false;
}

/* Half of its questions at least, and twice as many as chance gives and some. */
static bool stands_out(const struct parties *parties, const struct asker *asker)
{
    const struct tally *chance = &parties->chance, *own = &asker->tally;
    uint32_t expected = 2 * own->weighed * chance->coincident / (chance->weighed + CHANCE_UNKNOWN);
    uint32_t surprise = is_of_crowd(parties, asker) ? CROWD_SURPRISE : 1;

    return own->coincident >= expected + surprise && own->coincident * 2 >= own->weighed;
}

void coincidence_review(struct parties *parties, struct asker *asker)
{
    bool stood_out = asker->stands_out;

    asker->stands_out = stands_out(parties, asker);
    if (asker->stands_out == stood_out)
        return;
    roles_change(parties);
    if (stood_out)
        parties_strike_egress(parties, asker);
}

static void weigh(struct parties *parties, struct asker *asker, bool coincides)
{
    if (!asker->stands_out && !asker_acts_as_resolver(parties, asker))
        count_in(&parties->chance, CHANCE_MEMORY, coincides);
    count_in(&asker->tally, ASKER_MEMORY, coincides);
    coincidence_review(parties, asker);
}

bool coincidence_of_stranger(struct parties *parties, const struct event *event)
{
    struct coincidence found = find_coincidence(parties, event);

    if (is_comparable(parties, &event->dns))
        count_in(&parties->chance, CHANCE_MEMORY, found.service != NULL);
    return found.own || found.service;
}

void coincidence_learn(struct parties *parties, struct asker *asker, const struct event *event,
                       const struct exchange_table *exchanges)
{
    struct coincidence found;
    uint64_t digest;
    bool comparable, again;

    if (parties->asked_ns < event->time_ns - ITERATE_LAG_NS)
        return; /* no service was asked anything lately */
    found = find_coincidence(parties, event);
    comparable = is_comparable(parties, &event->dns);
    again = (comparable || found.service) && asked_before(exchanges, event);
    if (comparable && !again)
        weigh(parties, asker, found.service != NULL);
    if (!found.own && (!found.service || again))
        return;
    digest = asker_links_digest(parties, asker);
    if (found.own) {
        asker->own_questions += VOTE_EXCLUSIVE;
    } else {
        vote(asker, found.service,
             found.candidates == 1 && !found.given_up ? VOTE_EXCLUSIVE : VOTE_AMBIGUOUS);
    }
    if (asker_links_digest(parties, asker) != digest)
        roles_change(parties);
}
