#include "correlate/correlator_private.h"

#include "correlate/bailiwick.h"
#include "correlate/root_trust.h"
#include "correlate/unheard.h"
#include "decode/codes.h"
#include "decode/flow_hash.h"

#define ONE_SIDED_ANSWERS 64 /* upstream, before any query was seen */

static bool is_dns_port(const struct correlator *correlator, uint16_t port)
{
    for (size_t i = 0; i < correlator->port_count; i++)
        if (correlator->ports[i] == port)
            return true;
    return false;
}

static void see_query(struct correlator *correlator, const struct event *event)
{
    struct knowledge *knowledge = &correlator->knowledge;
    struct answer_edns edns = answer_query_edns(&event->dns);
    uint8_t signals =
        (uint8_t)((edns.present ? SIGNAL_EDNS : 0) | (edns.dnssec_ok ? SIGNAL_DNSSEC_OK : 0));

    if (!parties_see_query(knowledge->parties, event, knowledge->exchanges)) {
        flights_query(correlator->flights, event)->signals |= signals;
        return;
    }
    exchange_query(knowledge->exchanges, event)->signals |= signals;
    unheard_see_query(knowledge, event);
    /* Room for one may have been another's. */
    correlator->stirred |= correlator_is_losing_evidence(correlator);
    knowledge->iterative_queries += !(event->dns.flags & DNS_RD);
    world_see_query(knowledge->world, event);
    root_trust_see_query(knowledge, event);
}

/* Is it a SERVFAIL that a client of a recursive resolver got? Whether the resolver is a watched one
 * is decided with the judgement. */
static bool is_client_servfail(const struct correlator *correlator, const struct event *event,
                               const struct answer *answer)
{
    uint16_t flags = event->dns.flags;

    return answer->rcode == RCODE_SERVFAIL &&
           ((flags & (DNS_RD | DNS_RA)) == (DNS_RD | DNS_RA) ||
            parties_is_service(correlator->knowledge.parties, &event->flow.source));
}

/* What validation needs, of a resolver that validates: also answers that lack what they should
 * have. */
static bool is_worth_keeping(const struct exchange *exchange)
{
    return exchange->signals & (SIGNAL_DNSSEC_OK | SIGNAL_SIGNATURES) ||
           exchange->qtype == TYPE_DS || exchange->qtype == TYPE_DNSKEY;
}

/* An answer to a question that nobody was seen to ask: whatever it says, nothing is learned from
 * it. That the capture shows no queries shows only after a while. */
static bool is_unasked(struct correlator *correlator, const struct exchange *exchange)
{
    struct knowledge *knowledge = &correlator->knowledge;

    if (exchange->query_ns != NEVER)
        return false;
    if (knowledge->iterative_queries == 0 && knowledge->answers_alone++ >= ONE_SIDED_ANSWERS &&
        !inquiry_is_unasked(knowledge, exchange))
        return false;
    correlator->unasked_answers++;
    return true;
}

/* A referral counts from who may give it. */
static bool is_believed(const struct knowledge *knowledge, const struct event *event,
                        const struct answer *answer)
{
    struct name zone;

    if (answer->authority_labels == LABELS_UNKNOWN)
        return false;
    name_set_ancestor(&zone, &event->dns.qname, answer->authority_labels);
    return bailiwick_delegates(knowledge->world, &event->flow.source, &event->dns.qname, &zone);
}

/* Mostly what is held already. */
static void learn_keys(const struct knowledge *knowledge, const struct event *event,
                       const struct answer *answer)
{
    const struct dns_message *message = &event->dns;
    bool referral = answer->kind == ANSWER_REFERRAL && (answer->ds || answer->denial);
    uint64_t zone_hash = referral ? answer->authority_hash : message->qname_hash;
    uint16_t type = referral ? TYPE_DS : message->qtype;

    if (type != TYPE_DS && type != TYPE_DNSKEY)
        return;
    if (answer->rcode == (message->flags & DNS_RCODE) && /* else EDNS says more than the octets */
        keyring_see_again(knowledge->keyring, zone_hash, type, message->wire, answer->additional_at,
                          event->time_ns))
        return;
    if (!referral || is_believed(knowledge, event, answer))
        keyring_see(knowledge->keyring, zone_hash, message->wire, message->size_bytes,
                    event->time_ns);
}

/* The labels of the zone over the question's name that the answer's DNAMEs must lie in: a forwarder
 * answers for all. */
static unsigned zone_of_dnames(const struct world *world, const struct event *event,
                               const struct exchange *exchange, const struct answer *answer)
{
    const struct address *server = &event->flow.source;
    uint64_t ancestors[ANCESTORS_MAX];
    unsigned labels, zone;

    if (!answer->dname)
        return LABELS_UNKNOWN;
    if (exchange->query_flags & DNS_RD)
        return 0;
    labels = world_ancestors(&event->dns.qname, ancestors);
    zone = world_zone_labels(world, server, ancestors, labels);
    return zone != LABELS_UNKNOWN ? zone : bailiwick_top(world, server, ancestors, labels);
}

static void learn_from_answer(struct correlator *correlator, const struct event *event,
                              const struct exchange *exchange, const struct answer *answer)
{
    struct knowledge *knowledge = &correlator->knowledge;
    const struct dns_message *message = &event->dns;

    learn_keys(knowledge, event, answer);
    if (answer->chained && exchange->ended_well && message->qclass == CLASS_IN)
        aliases_see_answer(knowledge->aliases, event, answer,
                           zone_of_dnames(knowledge->world, event, exchange, answer));
    if ((message->flags & DNS_AA) || !(message->flags & DNS_RA))
        world_see_response(knowledge->world, event, answer);
    forecasts_see_answer(correlator->forecasts, knowledge, event, exchange, answer);
    correlator->stirred |= forecasts_wait(correlator->forecasts);
}

static void see_unchecked(struct correlator *correlator, const struct exchange *exchange)
{
    if (parties_is_service(correlator->knowledge.parties, &exchange->server))
        failures_see_unchecked(correlator->knowledge.failures, exchange);
}

/* A SERVFAIL that contradicts what was asked: a client got it all the same. NULL: it is none. */
static RARE struct exchange *add_stray_servfail(struct correlator *correlator,
                                                const struct event *event)
{
    struct answer answer;

    answer_read(&answer, &event->dns);
    return is_client_servfail(correlator, event, &answer)
               ? exchange_add_unasked(correlator->knowledge.exchanges, event)
               : NULL;
}

/* The answer to what may be an upstream query. */
static void see_upstream_answer(struct correlator *correlator, const struct event *event,
                                struct server *server, struct exchange *found)
{
    struct knowledge *knowledge = &correlator->knowledge;
    struct exchange *exchange = exchange_response(knowledge->exchanges, found, event);
    struct answer answer;

    correlator->stirred |= correlator_is_losing_evidence(correlator);
    if (!exchange)
        exchange = add_stray_servfail(correlator, event);
    if (!exchange)
        return;
    answer_read(&answer, &event->dns);
    if (is_client_servfail(correlator, event, &answer))
        correlator_await_judgement(correlator, event, exchange);
    if (exchange->responded)
        return;
    unheard_see_client_answered(knowledge, event, exchange->query_ns);
    exchange_set_answer(knowledge->exchanges, exchange, event, &answer);
    parties_see_answer_received(knowledge->parties, server, exchange);
    parties_see_answered(knowledge->parties, server,
                         &(struct answered){exchange->query_ns, exchange->last_query_ns,
                                            exchange->response_ns, exchange->response_source,
                                            exchange->signals & SIGNAL_EDNS});
    if (exchange->signals & SIGNAL_WRONG_CASE)
        return; /* whatever it says, nothing is learned from it */
    if (is_worth_keeping(exchange))
        exchange_keep_wire(knowledge->exchanges, exchange, event);
    if (!is_unasked(correlator, exchange)) {
        knowledge->answers_asked++;
        knowledge->answers_cut += event->dns.cut;
        learn_from_answer(correlator, event, exchange, &answer);
    }
    if ((exchange->query_flags & DNS_CD) && answer.rcode == RCODE_NOERROR)
        see_unchecked(correlator, exchange);
    exchange_put_away(knowledge->exchanges, exchange);
}

static void see_failed_flight(struct correlator *correlator, const struct event *event,
                              const struct flight *flight)
{
    struct exchange exchange;
    struct answer answer;

    answer_read(&answer, &event->dns);
    if (!is_client_servfail(correlator, event, &answer))
        return;
    flight_expand(flight, &exchange);
    correlator_await_judgement(correlator, event, &exchange);
}

/* The answer to what can only be a client's question. */
static void see_flight_answer(struct correlator *correlator, const struct event *event,
                              struct server *server, struct flight *flight)
{
    unsigned rcode = event->dns.flags & DNS_RCODE;

    if (rcode == RCODE_SERVFAIL)
        see_failed_flight(correlator, event, flight);
    if (flight->responded)
        return;
    flight->responded = true;
    flight->response_ns = event->time_ns;
    unheard_see_client_answered(&correlator->knowledge, event, flight->query_ns);
    parties_see_answered(correlator->knowledge.parties, server,
                         &(struct answered){flight->query_ns, flight->last_query_ns, event->time_ns,
                                            event->source, flight->signals & SIGNAL_EDNS});
    if ((flight->query_flags & DNS_CD) && rcode == RCODE_NOERROR) {
        struct exchange exchange;

        flight_expand(flight, &exchange);
        see_unchecked(correlator, &exchange);
    }
    if (rcode != RCODE_SERVFAIL && flight->query_ns != NEVER)
        flights_remove(correlator->flights, flight);
}

/* What its query was taken for counts. */
static void see_response(struct correlator *correlator, const struct event *event)
{
    struct exchange_table *exchanges = correlator->knowledge.exchanges;
    struct server *server;
    bool upstream = parties_see_response(correlator->knowledge.parties, event, &server);
    struct flight *flight = NULL;
    struct exchange *found = NULL;

    if (!upstream)
        flight = flights_join(correlator->flights, event);
    if (!flight)
        found = exchange_find(exchanges, event);
    if (!flight && !found && upstream)
        flight = flights_join(correlator->flights, event);
    if (flight)
        see_flight_answer(correlator, event, server, flight);
    else if (found || upstream)
        see_upstream_answer(correlator, event, server, found);
    else if (!exchange_contradicted(exchanges, event))
        see_flight_answer(correlator, event, server,
                          flights_add_unasked(correlator->flights, event));
}

static void see_dns(struct correlator *correlator, const struct event *event)
{
    if (event->dns.flags & DNS_OPCODE)
        return;
    if (event->dns.flags & DNS_QR) {
        if (is_dns_port(correlator, event->flow.source_port))
            see_response(correlator, event);
    } else if (is_dns_port(correlator, event->flow.destination_port)) {
        see_query(correlator, event);
    }
}

static struct flow reversed(const struct flow *flow)
{
    return (struct flow){flow->destination, flow->source, flow->destination_port,
                         flow->source_port};
}

static void see_icmp(struct correlator *correlator, const struct event *event)
{
    const struct icmp_error *icmp = &event->icmp;
    bool of_answer = is_dns_port(correlator, event->flow.source_port) &&
                     !is_dns_port(correlator, event->flow.destination_port);
    struct flow flow = of_answer ? reversed(&event->flow) : event->flow;
    enum outcome outcome = outcome_of_icmp(icmp->reason);
    uint8_t signals = of_answer && icmp->reason == ICMP_PORT ? SIGNAL_GIVEN_UP : 0;
    struct exchange *exchange;
    bool known;

    /* Where the ID is quoted the port alone, which is easily guessed, does not do. */
    if (!icmp->has_id || icmp->transport != TRANSPORT_UDP) {
        if (!of_answer)
            connections_see_icmp(correlator->knowledge.connections, event);
        return;
    }
    if (outcome == OUTCOME_COUNT)
        return;
    exchange = exchange_of_flow(correlator->knowledge.exchanges, &flow, icmp->transport, icmp->id);
    known = exchange ||
            flights_find(correlator->flights, flow_hash(&flow, icmp->transport, icmp->id)) ||
            exchange_mark_answered(correlator->knowledge.exchanges, &flow, icmp->transport,
                                   icmp->id, signals);
    if (!known)
        correlator->unasked_icmp++;
    if (known && !of_answer)
        parties_see_rejection(correlator->knowledge.parties, &flow.destination, outcome);
    if (exchange && !of_answer)
        exchange->icmp = (uint8_t)outcome;
    if (exchange)
        exchange->signals |= signals;
}

static void see_tcp(struct correlator *correlator, const struct event *event)
{
    const struct parties *parties = correlator->knowledge.parties;

    if (parties_is_service(parties, &event->flow.destination) &&
        !parties_is_resolver(parties, &event->flow.source))
        return;
    connections_see_tcp(correlator->knowledge.connections, event);
}

static void see_fragment_lost(struct correlator *correlator, const struct event *event)
{
    struct flow flow = reversed(&event->flow);
    struct exchange *exchange;

    if (!(event->dns.flags & DNS_QR))
        return;
    exchange =
        exchange_of_flow(correlator->knowledge.exchanges, &flow, TRANSPORT_UDP, event->dns.id);
    if (exchange)
        exchange->signals |= SIGNAL_FRAGMENT_LOST;
}

static void see_encrypted(struct correlator *correlator, const struct event *event)
{
    parties_see_encrypted(correlator->knowledge.parties, event);
}

static void (*const see[])(struct correlator *, const struct event *) = {
    [EVENT_DNS] = see_dns,
    [EVENT_ICMP] = see_icmp,
    [EVENT_TCP] = see_tcp,
    [EVENT_FRAGMENT_LOST] = see_fragment_lost,
    [EVENT_ENCRYPTED] = see_encrypted,
};

void correlator_feed(struct correlator *correlator, const struct event *event)
{
    if (event->time_ns < correlator->now_ns - FUTURE_NS && correlator->begun)
        correlator_step_back(correlator, event->time_ns);
    else
        correlator_reach(correlator, event->time_ns);
    if (event->kind == EVENT_DNS) /* as nearly all are */
        see_dns(correlator, event);
    else
        see[event->kind](correlator, event);
}

/* Messages whose memory is fetched. */
struct foresight {
    struct {
        const struct event *event;
        uint64_t server; /* a hash */
    } upstream[FORESIGHT_MAX];
    uint64_t clients[FORESIGHT_MAX]; /* of their messages, the keys */
    unsigned upstream_count, client_count;
};

static void foresee_first(const struct correlator *correlator, struct foresight *foresight,
                          const struct event *event)
{
    const struct knowledge *knowledge = &correlator->knowledge;
    uint64_t server;

    if (event->kind != EVENT_DNS)
        return;
    if (!parties_may_be_upstream(knowledge->parties, event, &server)) {
        flights_foresee(correlator->flights, event->dns.exchange_hash, 0);
        foresight->clients[foresight->client_count++] = event->dns.exchange_hash;
        return;
    }
    foresight->upstream[foresight->upstream_count].event = event;
    foresight->upstream[foresight->upstream_count++].server = server;
    parties_foresee(knowledge->parties, event, server, 0);
    exchanges_foresee(knowledge->exchanges, event, 0);
    world_foresee(knowledge->world, event, 0);
    keyring_foresee(knowledge->keyring, &event->dns);
}

/* Memory is fetched for all events at once, which takes as long as for one; what is found through
 * other memory has to wait for that: hence two steps. */
void correlator_foresee(const struct correlator *correlator, const struct event *const *events,
                        unsigned count)
{
    const struct knowledge *knowledge = &correlator->knowledge;
    struct foresight foresight;

    foresight.upstream_count = foresight.client_count = 0;
    for (unsigned i = 0; i < count && i < FORESIGHT_MAX; i++)
        foresee_first(correlator, &foresight, events[i]);
    for (unsigned i = 0; i < foresight.client_count; i++)
        flights_foresee(correlator->flights, foresight.clients[i], 1);
    for (unsigned i = 0; i < foresight.upstream_count; i++) {
        const struct event *event = foresight.upstream[i].event;

        parties_foresee(knowledge->parties, event, foresight.upstream[i].server, 1);
        exchanges_foresee(knowledge->exchanges, event, 1);
        world_foresee(knowledge->world, event, 1);
    }
}
