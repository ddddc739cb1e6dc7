#include "correlate/unheard.h"

#include <string.h>

#include "correlate/party_private.h"
#include "decode/codes.h"
#include "decode/hash.h"

/* What is answered out of memory takes less. */
#define WORKED_NS (300 * 1000)
/* Labels of the names that are looked for: a bound in time. */
#define LABELS_MAX 8
/* So many messages are looked at, and then one name of so many: that shows a rule as well. */
#define EARLY_MESSAGES 4096
#define SAMPLE_MASK    7
/* Others that ask for the same: a bound in time. */
#define REPEATS_MAX 64
/* So many make a rule; of who was never heard, two. */
#define RULE_SERVERS      3
#define RULE_SERVERS_DEAF 2
#define RULE_SHARE        4

static bool is_looked_at(const struct knowledge *knowledge, const struct event *event)
{
    return (event->dns.qname_hash & SAMPLE_MASK) == 0 ||
           knowledge->iterative_queries + knowledge->parties->recursive_queries < EARLY_MESSAGES;
}

/* What the resolver did, and since when it may have worked for that. */
struct step {
    const struct knowledge *knowledge;
    const struct address *service; /* what it was asked itself is left out; NULL: nothing is */
    int64_t since_ns, time_ns;
};

/* What was asked about the name then and still waits for its answer had one. */
static void vouch_for(const struct step *step, uint64_t name_hash)
{
    const struct exchange_table *exchanges = step->knowledge->exchanges;
    unsigned left = REPEATS_MAX;

    for (struct exchange *exchange = exchange_latest(exchanges, name_hash, step->since_ns);
         exchange && left-- > 0; exchange = exchange_older(exchanges, exchange, step->since_ns))
        if (!exchange->responded && exchange->query_ns != NEVER &&
            step->time_ns - exchange->query_ns < FIRST_TIMER_NS &&
            !(step->service && address_equal(&exchange->server, step->service)))
            exchange->vouched = true;
}

/* From the name upwards, what is asked on the way to it. */
static void vouch(const struct step *step, const uint8_t *name, const uint8_t *end)
{
    bool any_underscored = exchange_any_underscored(step->knowledge->exchanges);
    uint8_t underscored[NAME_MAX_BYTES + 2] = {1, '_'};
    unsigned labels = name_labels(name);

    for (; labels > LABELS_MAX; labels--)
        name += 1 + *name;
    for (; name < end; name += 1 + *name) {
        size_t size = (size_t)(end - name);

        vouch_for(step, hash_bytes(name, size));
        if (!any_underscored || size + 2 > NAME_MAX_BYTES)
            continue;
        memcpy(underscored + 2, name, size);
        vouch_for(step, hash_bytes(underscored, size + 2));
    }
}

void unheard_see_client_answered(const struct knowledge *knowledge, const struct event *event,
                                 int64_t asked_ns)
{
    const struct name *qname = &event->dns.qname;
    uint16_t flags = event->dns.flags, rcode = flags & DNS_RCODE;

    if (asked_ns == NEVER || event->time_ns - asked_ns < WORKED_NS || qname->size_bytes == 0 ||
        knowledge->parties->unheard_query_ns < asked_ns || !is_looked_at(knowledge, event) ||
        (flags & (DNS_RD | DNS_RA | DNS_TC)) != (DNS_RD | DNS_RA) ||
        (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN))
        return;
    vouch(&(struct step){knowledge, &event->flow.source, asked_ns - ASKED_TIE_NS, event->time_ns},
          qname->bytes, qname->bytes + qname->size_bytes);
}

void unheard_see_query(const struct knowledge *knowledge, const struct event *event)
{
    const struct name *qname = &event->dns.qname;

    if (qname->size_bytes > 1 &&
        knowledge->parties->unheard_query_ns > event->time_ns - FIRST_TIMER_NS &&
        is_looked_at(knowledge, event))
        vouch(&(struct step){knowledge, NULL, event->time_ns - FIRST_TIMER_NS, event->time_ns},
              qname->bytes + 1 + qname->bytes[0], qname->bytes + qname->size_bytes);
}

static bool asks_again(const struct exchange *exchange, const struct exchange *other)
{
    int64_t later_ns = exchange_begin(other) - exchange->query_ns;

    return other->qtype == exchange->qtype &&
           !((other->query_flags ^ exchange->query_flags) & DNS_RD) && later_ns > -PATIENCE_NS &&
           later_ns <= UNHEARD_SETTLED_NS &&
           (other->place || other->id != exchange->id ||
            other->asker_port != exchange->asker_port ||
            !address_equal(&other->server, &exchange->server));
}

static bool was_asked_again(const struct knowledge *knowledge, const struct exchange *exchange)
{
    struct exchange_walk walk;
    struct exchange room;
    const struct exchange *other;
    unsigned left = REPEATS_MAX;

    exchange_walk_begin(&walk, knowledge->exchanges, exchange->name_hash,
                        exchange_name_wire(exchange), exchange->name_size, &room);
    while ((other = exchange_walk_next(&walk)) != NULL)
        if (left-- == 0 || asks_again(exchange, other))
            return true;
    return false;
}

void unheard_confirm(const struct knowledge *knowledge, const struct exchange *exchange)
{
    struct server *server;
    struct asker *asker;

    if (!exchange->vouched || exchange->transmissions > 1 || exchange->icmp || exchange->mismatch ||
        exchange->signals & (SIGNAL_FRAGMENT_LOST | SIGNAL_GIVEN_UP | SIGNAL_WRONG_CASE))
        return;
    server = parties_server(knowledge->parties, &exchange->server);
    asker = parties_asker(knowledge->parties, &exchange->asker);
    if (!server || !asker || server->unheard_ns != NEVER ||
        server_answered_query_ns(server) != NEVER || was_asked_again(knowledge, exchange))
        return;
    server->unheard_ns = exchange->query_ns;
    asker->unheard_servers++;
}

/* Servers that answered one of these. */
struct answering {
    unsigned heard, unheard;
};

static struct answering count_answering(const struct parties *parties, const struct address *askers,
                                        size_t count)
{
    struct answering answering = {0};

    for (size_t i = 0; i < count; i++) {
        const struct asker *asker = parties_asker(parties, &askers[i]);

        answering.heard += asker ? asker->heard_servers : 0;
        answering.unheard += asker ? asker->unheard_servers : 0;
    }
    return answering;
}

static bool are_a_rule(struct answering answering)
{
    return answering.unheard >= (answering.heard ? RULE_SERVERS : RULE_SERVERS_DEAF) &&
           answering.unheard > answering.heard / RULE_SHARE;
}

bool unheard_are_a_rule(const struct parties *parties, const struct address *asker)
{
    return are_a_rule(count_answering(parties, asker, 1));
}

bool unheard_may_answer(const struct parties *parties, const struct address *askers, size_t count,
                        const struct address *address)
{
    const struct server *server = parties_server(parties, address);
    struct answering all = count_answering(parties, askers, count);

    if (server && server_answered_query_ns(server) != NEVER)
        return false;
    if ((server && server->unheard_ns != NEVER) || (all.heard == 0 && are_a_rule(all)))
        return true;
    for (size_t i = 0; i < count; i++)
        if (address_is_ipv4(&askers[i]) == address_is_ipv4(address) &&
            unheard_are_a_rule(parties, &askers[i]))
            return true;
    return false;
}
