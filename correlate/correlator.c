#include "correlate/correlator.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/distress.h"
#include "correlate/failure.h"
#include "correlate/flight.h"
#include "correlate/forecast.h"
#include "correlate/hide.h"
#include "correlate/judge.h"
#include "correlate/minutes.h"
#include "correlate/outage.h"
#include "correlate/pending.h"
#include "correlate/validation.h"
#include "decode/codes.h"
#include "decode/flow_hash.h"
#include "decode/hash.h"
#include "decode/records.h"

#define MEMORY_DEFAULT (UINT64_C(192) << 20)
#define MEMORY_LEAST   (UINT64_C(8) << 20)
#define GRACE_DEFAULT  (10 * SECOND_NS)
/* Packets whose time lies this far before the latest are of another clock: what was pending is
 * judged, and time goes on from there. */
#define STEP_BACK_NS      (60 * SECOND_NS)
#define MINUTE_NS         (60 * SECOND_NS)
#define PORTS_MAX         16
#define ONE_SIDED_ANSWERS 64 /* upstream, before any query was seen */
#define EXPIRE_NS         (10 * MILLISECOND_NS)
/* What a question depends on may have begun so much before it was asked. */
#define EVIDENCE_MARGIN_NS SECOND_NS

struct correlator {
    struct knowledge knowledge;
    struct flights *flights;
    struct outages *outages;
    struct forecasts *forecasts;
    struct anchors *default_anchors; /* NULL where others were given */
    uint16_t ports[PORTS_MAX];
    size_t port_count;
    int64_t grace_ns;
    anonymize_function anonymize;
    void *anonymize_context;
    int64_t now_ns;
    int64_t quiet_until_ns; /* before then the time that goes by changes nothing: see pass_time() */
    int64_t expired_ns;     /* when exchanges were last let go for their age */
    bool begun, finished;

    struct pending *pending;
    struct distress *distress;
    uint64_t answers; /* to questions with RD=1 */

    struct minutes *minutes;
    int64_t minutes_flushed_ns;

    struct traffic_counters clients, servers; /* of complete minutes */
    uint64_t servfails;
    uint64_t unasked_servfails, unasked_answers, unasked_icmp;
    struct inquiry inquiry;
    struct finding finding;
    struct finding outage;    /* opens before the incident in `finding` */
    bool incident_waits;      /* it was told, the incident was not yet */
    int64_t outages_ended_ns; /* when it was last looked which outages are over */
    /* Most events leave nothing to be handed out: correlator_next() has something to look for only
     * when something stirred, or from this time on. */
    bool stirred;
    int64_t due_ns;
};

static const char *const table_codes[TABLE_COUNT] = {
#define X(id, code) [TABLE_##id] = code,
    CORRELATE_TABLES(X)
#undef X
};

const char *correlate_table_code(enum correlate_table table)
{
    return table_codes[table];
}

static void add_traffic(struct traffic_counters *traffic, const struct minute_counters *minute)
{
    traffic->queries += minute->queries;
    traffic->responses += minute->responses;
    traffic->unanswered += minute->unanswered;
    for (unsigned i = 0; i < sizeof(traffic->rcodes) / sizeof(traffic->rcodes[0]); i++)
        traffic->rcodes[i] += minute->rcodes[i];
}

static void keep_minute(void *context, const struct minute_counters *minute)
{
    struct correlator *correlator = context;

    add_traffic(minute->is_resolver ? &correlator->clients : &correlator->servers, minute);
    minutes_add(correlator->minutes, minute);
    correlator->stirred |= minutes_are_due(correlator->minutes);
}

static bool build(struct correlator *correlator, const struct correlator_options *options,
                  uint64_t memory_bytes)
{
    struct knowledge *knowledge = &correlator->knowledge;
    uint64_t percent = memory_bytes / 100;

    correlator->flights = flights_new(7 * percent);
    knowledge->exchanges = exchange_table_new(47 * percent);
    knowledge->parties = parties_new(options, 12 * percent, keep_minute, correlator);
    knowledge->world = world_new(11 * percent);
    knowledge->failures = failures_new(6 * percent);
    knowledge->connections = connections_new(3 * percent);
    knowledge->keyring = keyring_new(6 * percent);
    knowledge->anchors_given = options->anchors != NULL;
    if (!options->anchors)
        correlator->default_anchors = anchors_default();
    knowledge->anchors = options->anchors ? options->anchors : correlator->default_anchors;
    correlator->outages = outages_new(percent);
    correlator->forecasts = forecasts_new(percent);
    correlator->minutes = minutes_new(2 * percent);
    correlator->pending = pending_new(7 * percent / 2);
    correlator->distress = distress_new(percent / 2);
    return correlator->flights && knowledge->exchanges && knowledge->parties && knowledge->world &&
           knowledge->failures && knowledge->connections && knowledge->keyring &&
           knowledge->anchors && correlator->outages && correlator->forecasts &&
           correlator->minutes && correlator->pending && correlator->distress;
}

struct correlator *correlator_new(const struct correlator_options *options)
{
    uint64_t memory_bytes = options->memory_bytes ? options->memory_bytes : MEMORY_DEFAULT;
    struct correlator *correlator;

    if (memory_bytes < MEMORY_LEAST || options->port_count > PORTS_MAX)
        return NULL;
    correlator = calloc(1, sizeof(*correlator));
    if (!correlator)
        return NULL;
    correlator->outage.kind = FINDING_OUTAGE;
    correlator->ports[0] = 53;
    correlator->port_count = 1;
    if (options->port_count) {
        memcpy(correlator->ports, options->ports, options->port_count * sizeof(uint16_t));
        correlator->port_count = options->port_count;
    }
    correlator->quiet_until_ns = INT64_MIN;
    correlator->grace_ns = options->grace_ns < 0 ? GRACE_DEFAULT : options->grace_ns;
    correlator->anonymize = options->anonymize;
    correlator->anonymize_context = options->anonymize_context;
    if (!build(correlator, options, memory_bytes)) {
        correlator_free(correlator);
        return NULL;
    }
    return correlator;
}

void correlator_free(struct correlator *correlator)
{
    if (!correlator)
        return;
    flights_free(correlator->flights);
    exchange_table_free(correlator->knowledge.exchanges);
    parties_free(correlator->knowledge.parties);
    world_free(correlator->knowledge.world);
    failures_free(correlator->knowledge.failures);
    connections_free(correlator->knowledge.connections);
    keyring_free(correlator->knowledge.keyring);
    anchors_free(correlator->default_anchors);
    outages_free(correlator->outages);
    forecasts_free(correlator->forecasts);
    minutes_free(correlator->minutes);
    pending_free(correlator->pending);
    distress_free(correlator->distress);
    free(correlator);
}

static bool is_dns_port(const struct correlator *correlator, uint16_t port)
{
    for (size_t i = 0; i < correlator->port_count; i++)
        if (correlator->ports[i] == port)
            return true;
    return false;
}

/* SERVFAILs */

static void read_ede(struct servfail *servfail, const struct dns_message *message)
{
    struct records records;
    struct record record;
    struct ede_option options[INCIDENT_EDE_MAX];

    records_begin(&records, message->wire, message->size_bytes);
    while (records_next(&records, &record)) {
        size_t count;

        if (record.type != TYPE_OPT || record.section != SECTION_ADDITIONAL)
            continue;
        count = record_ede(&record, options, INCIDENT_EDE_MAX);
        for (size_t i = 0; i < count; i++) {
            struct incident_ede *ede = &servfail->ede[i];

            ede->code = options[i].code;
            ede->text_size = (uint8_t)(options[i].text_size < EDE_TEXT_SIZE ? options[i].text_size
                                                                            : EDE_TEXT_SIZE);
            memcpy(ede->text, options[i].text, ede->text_size);
        }
        servfail->ede_count = (uint8_t)count;
        return;
    }
}

/* The oldest of those that wait, or the present. */
static int64_t oldest_pending_ns(const struct correlator *correlator)
{
    int64_t time_ns;

    return pending_first(correlator->pending, &time_ns) && time_ns < correlator->now_ns
               ? time_ns
               : correlator->now_ns;
}

static void note_distress(struct correlator *correlator, const struct servfail *servfail)
{
    const struct name *qname = &servfail->qname;
    uint64_t family = qname->size_bytes ? name_family_hash(qname->bytes, qname->size_bytes) : 0;

    distress_note(correlator->distress, &servfail->resolver, servfail->time_ns, family,
                  correlator->answers, oldest_pending_ns(correlator));
}

static void set_query(struct servfail *servfail, const struct exchange *exchange)
{
    /* The answer to a retransmission that came after the first answer is its own. */
    servfail->asked_ns = exchange->query_ns;
    if (exchange->query_ns != NEVER && exchange->response_ns != NEVER &&
        exchange->response_ns < servfail->time_ns && exchange->last_query_ns <= servfail->time_ns)
        servfail->asked_ns = exchange->last_query_ns;
    servfail->query_flags = exchange->query_ns != NEVER
                                ? exchange->query_flags
                                : servfail->response_flags & (DNS_RD | DNS_CD);
    servfail->query_frame = exchange->query_frame;
    servfail->query_source = exchange->query_source;
    servfail->dnssec_ok = exchange->signals & SIGNAL_DNSSEC_OK;
}

static void await_judgement(struct correlator *correlator, const struct event *event,
                            const struct exchange *exchange)
{
    struct servfail servfail = {
        .time_ns = event->time_ns,
        .client = exchange->asker,
        .resolver = exchange->server,
        .frame = event->frame,
        .source = event->source,
        .client_port = exchange->asker_port,
        .id = exchange->id,
        .qtype = exchange->qtype,
        .qclass = exchange->qclass,
        .transport = exchange->transport,
        .response_flags = event->dns.flags,
    };

    exchange_name(exchange, &servfail.qname);
    set_query(&servfail, exchange);
    read_ede(&servfail, &event->dns);
    if (servfail.asked_ns != NEVER)
        note_distress(correlator, &servfail);
    pending_add(correlator->pending, &servfail);
    correlator->stirred = true;
}

/* Messages */

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
    knowledge->iterative_queries += !(event->dns.flags & DNS_RD);
    world_see_query(knowledge->world, event);
    validation_see_query(knowledge, event);
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

static void learn_from_answer(struct correlator *correlator, const struct event *event,
                              const struct exchange *exchange, const struct answer *answer)
{
    struct knowledge *knowledge = &correlator->knowledge;
    const struct dns_message *message = &event->dns;

    if (message->qtype == TYPE_DS || message->qtype == TYPE_DNSKEY ||
        (answer->kind == ANSWER_REFERRAL && (answer->ds || answer->denial)))
        keyring_see(knowledge->keyring, message->wire, message->size_bytes, event->time_ns);
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

/* The answer to what may be an upstream query. */
static void see_upstream_answer(struct correlator *correlator, const struct event *event,
                                struct party *server)
{
    struct knowledge *knowledge = &correlator->knowledge;
    struct exchange *exchange = exchange_response(knowledge->exchanges, event);
    struct answer answer;

    if (!exchange)
        return;
    answer_read(&answer, &event->dns);
    if (is_client_servfail(correlator, event, &answer))
        await_judgement(correlator, event, exchange);
    if (exchange->responded)
        return;
    exchange_set_answer(knowledge->exchanges, exchange, event, &answer);
    parties_see_answer_received(knowledge->parties, exchange);
    parties_see_answered(knowledge->parties, server,
                         &(struct answered){exchange->query_ns, exchange->last_query_ns,
                                            exchange->response_ns, exchange->response_source,
                                            exchange->signals & SIGNAL_EDNS});
    if (is_worth_keeping(exchange))
        exchange_keep_wire(knowledge->exchanges, exchange, event);
    if (!is_unasked(correlator, exchange))
        learn_from_answer(correlator, event, exchange, &answer);
    if ((exchange->query_flags & DNS_CD) && answer.rcode == RCODE_NOERROR)
        see_unchecked(correlator, exchange);
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
    await_judgement(correlator, event, &exchange);
}

/* The answer to what can only be a client's question. */
static void see_flight_answer(struct correlator *correlator, const struct event *event,
                              struct party *server, struct flight *flight)
{
    unsigned rcode = event->dns.flags & DNS_RCODE;

    if (rcode == RCODE_SERVFAIL)
        see_failed_flight(correlator, event, flight);
    if (flight->responded)
        return;
    flight->responded = true;
    flight->response_ns = event->time_ns;
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
    const uint16_t recursive = DNS_RD | DNS_RA;
    struct exchange_table *exchanges = correlator->knowledge.exchanges;
    uint64_t key = event->dns.exchange_hash;
    struct party *server;
    bool upstream = parties_see_response(correlator->knowledge.parties, event, &server);
    struct flight *newest = NULL;
    bool known = false;

    correlator->answers += (event->dns.flags & recursive) == recursive;
    if (!upstream)
        newest = flights_find(correlator->flights, key);
    if (!newest)
        known = exchange_find(exchanges, key) != NULL;
    if (!newest && !known && upstream)
        newest = flights_find(correlator->flights, key);
    if (newest) {
        struct flight *flight = flights_join(correlator->flights, newest, event);

        if (flight)
            see_flight_answer(correlator, event, server, flight);
    } else if (known || upstream) {
        see_upstream_answer(correlator, event, server);
    } else if (!exchange_contradicted(exchanges, event)) {
        see_flight_answer(correlator, event, server,
                          flights_add_unasked(correlator->flights, event));
    }
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
    struct exchange *exchange;
    bool known;

    if (!of_answer)
        connections_see_icmp(correlator->knowledge.connections, event);
    if (!icmp->has_id || icmp->transport != TRANSPORT_UDP || outcome == OUTCOME_COUNT)
        return;
    exchange = exchange_of_flow(correlator->knowledge.exchanges, &flow, icmp->transport, icmp->id);
    known =
        exchange || flights_find(correlator->flights, flow_hash(&flow, icmp->transport, icmp->id));
    if (!known)
        correlator->unasked_icmp++;
    if (known && !of_answer)
        parties_see_rejection(correlator->knowledge.parties, &flow.destination, outcome);
    if (exchange && !of_answer)
        exchange->icmp = (uint8_t)outcome;
    if (exchange && of_answer && icmp->reason == ICMP_PORT)
        exchange->signals |= SIGNAL_GIVEN_UP;
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

/* Time */

static void drop(struct correlator *correlator, struct exchange *exchange)
{
    if (!exchange->responded) {
        parties_see_unanswered(correlator->knowledge.parties, exchange);
        forecasts_see_silence(correlator->forecasts, &correlator->knowledge, exchange,
                              correlator->now_ns);
        correlator->stirred |= forecasts_wait(correlator->forecasts);
    }
    exchange_remove(correlator->knowledge.exchanges, exchange);
}

static void drop_flight(struct correlator *correlator, struct flight *flight)
{
    if (!flight->responded) {
        struct exchange exchange;

        flight_expand(flight, &exchange);
        parties_see_unanswered(correlator->knowledge.parties, &exchange);
    }
    flights_remove(correlator->flights, flight);
}

static void drop_all(struct correlator *correlator)
{
    struct exchange *exchange;
    struct flight *flight;

    while ((exchange = exchange_oldest(correlator->knowledge.exchanges)) != NULL)
        drop(correlator, exchange);
    while ((flight = flights_oldest(correlator->flights)) != NULL)
        drop_flight(correlator, flight);
}

/* What the oldest SERVFAIL that waits for its judgement stands on is kept, however far time leaps
 * with the next packet. */
static int64_t expiry_horizon(const struct correlator *correlator)
{
    int64_t due_ns = oldest_pending_ns(correlator) + correlator->grace_ns;

    return due_ns < correlator->now_ns ? due_ns : correlator->now_ns;
}

/* What is too old goes. */
static void expire(struct correlator *correlator)
{
    int64_t horizon_ns = expiry_horizon(correlator);
    struct exchange *exchange;
    struct flight *flight;

    correlator->expired_ns = correlator->now_ns;
    while ((exchange = exchange_expired(correlator->knowledge.exchanges, horizon_ns)))
        drop(correlator, exchange);
    while ((flight = flights_expired(correlator->flights, horizon_ns)))
        drop_flight(correlator, flight);
}

static void begin(struct correlator *correlator, int64_t time_ns)
{
    correlator->begun = true;
    correlator->knowledge.first_ns = correlator->now_ns = time_ns;
    correlator->minutes_flushed_ns = time_ns;
}

static int64_t earlier(int64_t left_ns, int64_t right_ns)
{
    return left_ns < right_ns ? left_ns : right_ns;
}

static void foresee_time(struct correlator *correlator)
{
    int64_t flush_ns = correlator->minutes_flushed_ns + MINUTE_NS;

    correlator->quiet_until_ns =
        earlier(earlier(correlator->expired_ns + EXPIRE_NS, flush_ns), correlator->due_ns - 1);
}

/* What is due by now, which most packets come before. */
static __attribute__((noinline)) void pass_time(struct correlator *correlator, int64_t time_ns)
{
    if (!correlator->begun)
        begin(correlator, time_ns);
    if (correlator->now_ns - correlator->expired_ns > EXPIRE_NS)
        expire(correlator);
    if (correlator->now_ns - correlator->minutes_flushed_ns > MINUTE_NS) {
        correlator->minutes_flushed_ns = correlator->now_ns;
        parties_flush_minutes(correlator->knowledge.parties, correlator->now_ns);
        minutes_release(correlator->minutes);
        correlator->stirred = true;
    }
    correlator->stirred |= correlator->now_ns >= correlator->due_ns;
    foresee_time(correlator);
}

static void advance(struct correlator *correlator, int64_t time_ns)
{
    if (time_ns > correlator->now_ns)
        correlator->now_ns = time_ns;
    if (correlator->now_ns > correlator->quiet_until_ns)
        pass_time(correlator, time_ns);
}

void correlator_advance(struct correlator *correlator, int64_t now_ns)
{
    if (correlator->begun && now_ns > correlator->now_ns)
        advance(correlator, now_ns);
}

void correlator_note_loss(struct correlator *correlator, int64_t from_ns, int64_t to_ns,
                          uint64_t lost, uint64_t seen)
{
    losses_note(&correlator->knowledge.losses, from_ns, to_ns, lost, seen);
}

bool correlator_resume_outage(struct correlator *correlator, const struct outage_change *outage)
{
    return outages_resume(correlator->outages, outage);
}

/* The clock was set back. What is pending is due now (is_due()), and what was seen before goes once
 * it has been judged: with the next packet. */
static void step_back(struct correlator *correlator, int64_t time_ns)
{
    correlator->now_ns = correlator->expired_ns = time_ns;
    correlator->minutes_flushed_ns = correlator->outages_ended_ns = time_ns;
    correlator->stirred = true;
    foresee_time(correlator);
    if (time_ns < correlator->knowledge.first_ns)
        correlator->knowledge.first_ns = time_ns;
}

/* So many others came since, one by one, that what the first one stands on goes next. */
static bool is_losing_evidence(const struct correlator *correlator)
{
    int64_t lost_ns = exchange_lost_crowded_ns(correlator->knowledge.exchanges), asked_ns;

    if (lost_ns == NEVER || lost_ns > correlator->now_ns)
        return false;
    asked_ns = pending_first_asked_ns(correlator->pending);
    return asked_ns != NEVER && asked_ns - EVIDENCE_MARGIN_NS < lost_ns;
}

void correlator_feed(struct correlator *correlator, const struct event *event)
{
    if (event->time_ns < correlator->now_ns - STEP_BACK_NS && correlator->begun)
        step_back(correlator, event->time_ns);
    else
        advance(correlator, event->time_ns);
    if (event->kind == EVENT_DNS) /* as nearly all are */
        see_dns(correlator, event);
    else
        see[event->kind](correlator, event);
    correlator->stirred |= is_losing_evidence(correlator);
}

/* Messages whose memory is fetched. */
struct foresight {
    struct {
        const struct event *event;
        uint64_t server; /* a hash */
    } upstream[FORESIGHT_MAX];
    const struct event *answers[FORESIGHT_MAX]; /* to clients */
    unsigned upstream_count, answer_count;
};

static void foresee_first(const struct correlator *correlator, struct foresight *foresight,
                          const struct event *event)
{
    const struct knowledge *knowledge = &correlator->knowledge;
    uint64_t server;

    if (event->kind != EVENT_DNS)
        return;
    if (!parties_may_be_upstream(knowledge->parties, event, &server)) {
        flights_foresee(correlator->flights, event->dns.exchange_hash);
        if (event->dns.flags & DNS_QR)
            foresight->answers[foresight->answer_count++] = event;
        return;
    }
    foresight->upstream[foresight->upstream_count].event = event;
    foresight->upstream[foresight->upstream_count++].server = server;
    parties_foresee(knowledge->parties, server, 0);
    exchanges_foresee(knowledge->exchanges, event, 0);
    world_foresee(knowledge->world, event);
}

/* Memory is fetched for all events at once, which takes as long as for one; what is found through
 * other memory has to wait for that: hence two steps. */
void correlator_foresee(const struct correlator *correlator, const struct event *const *events,
                        unsigned count)
{
    const struct knowledge *knowledge = &correlator->knowledge;
    struct foresight foresight;

    foresight.upstream_count = foresight.answer_count = 0;
    for (unsigned i = 0; i < count && i < FORESIGHT_MAX; i++)
        foresee_first(correlator, &foresight, events[i]);
    for (unsigned i = 0; i < foresight.answer_count; i++)
        flights_foresee_answer(correlator->flights, foresight.answers[i]->dns.exchange_hash);
    for (unsigned i = 0; i < foresight.upstream_count; i++) {
        parties_foresee(knowledge->parties, foresight.upstream[i].server, 1);
        exchanges_foresee(knowledge->exchanges, foresight.upstream[i].event, 1);
    }
}

void correlator_finish(struct correlator *correlator)
{
    correlator->finished = correlator->stirred = true;
}

/* Findings */

/* A query that stands behind its answer in the capture was joined to it meanwhile. */
static void find_late_query(struct correlator *correlator, struct servfail *servfail)
{
    struct flow flow = {servfail->client, servfail->resolver, servfail->client_port, 0};
    struct exchange *exchange = exchange_of_flow(correlator->knowledge.exchanges, &flow,
                                                 (enum transport)servfail->transport, servfail->id);

    struct exchange expanded;

    if (!exchange) {
        const struct flight *flight =
            flights_find(correlator->flights,
                         flow_hash(&flow, (enum transport)servfail->transport, servfail->id));

        if (!flight)
            return;
        flight_expand(flight, &expanded);
        exchange = &expanded;
    }
    if (exchange->response_ns == servfail->time_ns)
        set_query(servfail, exchange);
}

/* One that nobody was seen to ask for says nothing about others where questions are to be seen: it
 * may be forged. */
static bool is_memorable(const struct knowledge *knowledge, const struct servfail *servfail)
{
    const struct party *service = parties_find(knowledge->parties, &servfail->resolver);

    return servfail->asked_ns != NEVER || !service || service->queries_received == 0;
}

static bool judge_servfail(struct correlator *correlator, struct servfail *servfail)
{
    struct knowledge *knowledge = &correlator->knowledge;
    struct incident *incident = &correlator->finding.incident;
    unsigned families =
        distress_families(correlator->distress, &servfail->resolver, servfail->time_ns);
    struct address client = servfail->client, canonical;

    if (!parties_is_watched(knowledge->parties, &servfail->resolver, &servfail->client))
        return false;
    if (servfail->asked_ns == NEVER)
        find_late_query(correlator, servfail);
    if (correlator->anonymize)
        client = correlator->anonymize(correlator->anonymize_context, &servfail->client);
    judge(knowledge, servfail, servfail->time_ns + correlator->grace_ns, families, &client,
          &correlator->inquiry, incident);
    incident->client_key = hash_stable(servfail->client.bytes, sizeof(servfail->client.bytes));
    correlator->incident_waits =
        outages_assign(correlator->outages, incident, &correlator->outage.outage);
    canonical = parties_canonical(knowledge->parties, &servfail->resolver);
    correlator->unasked_servfails += servfail->asked_ns == NEVER;
    if (incident->cause != CAUSE_CACHED_FAILURE && is_memorable(knowledge, servfail))
        failures_remember(knowledge->failures, &canonical, incident);
    if (correlator->anonymize)
        incident_hide_names(incident);
    correlator->finding.kind = FINDING_INCIDENT;
    correlator->servfails++;
    return true;
}

/* Was it waited for as long as it should be? */
static bool is_due(const struct correlator *correlator, int64_t time_ns)
{
    return correlator->finished || time_ns + correlator->grace_ns <= correlator->now_ns ||
           time_ns > correlator->now_ns + STEP_BACK_NS;
}

/* Takes the next one that is due, or that cannot be waited for. */
static bool take_servfail(struct correlator *correlator, struct servfail *servfail)
{
    struct pending *pending = correlator->pending;
    int64_t time_ns;

    if (!pending_first(pending, &time_ns))
        return false;
    if (is_due(correlator, time_ns) || is_losing_evidence(correlator))
        pending_take(pending, servfail);
    else if (pending_is_over(pending))
        pending_take_largest(pending, servfail);
    else
        return false;
    servfail->early = !is_due(correlator, servfail->time_ns);
    if (servfail->early)
        pending_count_early(pending);
    return true;
}

static bool next_incident(struct correlator *correlator)
{
    struct servfail servfail;

    while (take_servfail(correlator, &servfail))
        if (judge_servfail(correlator, &servfail))
            return true;
    return false;
}

/* Looks once a second which outages are over: as of the oldest SERVFAIL that may still belong to
 * one. */
static bool next_ended_outage(struct correlator *correlator)
{
    int64_t judged_ns = correlator->now_ns - correlator->grace_ns, time_ns;

    if (!correlator->begun || correlator->now_ns - correlator->outages_ended_ns < SECOND_NS)
        return false;
    if (pending_first(correlator->pending, &time_ns) && time_ns < judged_ns)
        judged_ns = time_ns;
    if (outages_closed(correlator->outages, judged_ns, &correlator->outage.outage))
        return true;
    correlator->outages_ended_ns = correlator->now_ns;
    return false;
}

static bool next_minute(struct correlator *correlator)
{
    const struct minute_counters *minute = minutes_next(correlator->minutes);

    if (!minute)
        return false;
    correlator->finding.kind = FINDING_MINUTE;
    correlator->finding.minute = *minute;
    return true;
}

/* After the last incident: what is still open has no answer, and the last minutes are complete. */
static void wind_up(struct correlator *correlator)
{
    drop_all(correlator);
    parties_flush_minutes(correlator->knowledge.parties, INT64_MAX);
    minutes_release(correlator->minutes);
}

/* All was handed out: until when is there nothing to look for? */
static void settle(struct correlator *correlator)
{
    int64_t time_ns;

    correlator->stirred = false;
    correlator->due_ns = correlator->outages_ended_ns + SECOND_NS;
    if (pending_first(correlator->pending, &time_ns) &&
        time_ns + correlator->grace_ns < correlator->due_ns)
        correlator->due_ns = time_ns + correlator->grace_ns;
    foresee_time(correlator);
}

/* Rarely called, hence not to be made a part of who calls with every packet. */
static __attribute__((noinline)) const struct finding *look(struct correlator *correlator)
{
    if (correlator->incident_waits) {
        correlator->incident_waits = false;
        return &correlator->finding;
    }
    if (next_minute(correlator) || forecasts_next(correlator->forecasts, &correlator->finding))
        return &correlator->finding;
    if (outages_pushed_out(correlator->outages, &correlator->outage.outage))
        return &correlator->outage;
    if (next_incident(correlator))
        return correlator->incident_waits ? &correlator->outage : &correlator->finding;
    if (next_ended_outage(correlator))
        return &correlator->outage;
    if (!correlator->finished) {
        settle(correlator);
        return NULL;
    }
    wind_up(correlator);
    return next_minute(correlator) || forecasts_next(correlator->forecasts, &correlator->finding)
               ? &correlator->finding
               : NULL;
}

const struct finding *correlator_next(struct correlator *correlator)
{
    return correlator->stirred ? look(correlator) : NULL;
}

static void set_fill(struct correlate_counters *counters, enum correlate_table table,
                     const struct table_fill *fill)
{
    counters->used[table] = fill->used;
    counters->capacity[table] = fill->capacity;
    counters->evicted[table] = fill->evicted;
}

static void count_tables(const struct correlator *correlator, struct correlate_counters *counters)
{
    const struct knowledge *knowledge = &correlator->knowledge;
    struct table_fill fills[TABLE_COUNT] = {{0}};

    exchange_table_count(knowledge->exchanges, &fills[TABLE_EXCHANGES]);
    flights_count(correlator->flights, &fills[TABLE_EXCHANGES]);
    keyring_count(knowledge->keyring, &fills[TABLE_MESSAGES]);
    parties_fill(knowledge->parties, &fills[TABLE_SERVERS]);
    world_count(knowledge->world, &fills[TABLE_DELEGATIONS]);
    failures_count(knowledge->failures, &fills[TABLE_FAILURES]);
    connections_count(knowledge->connections, &fills[TABLE_CONNECTIONS]);
    minutes_count(correlator->minutes, &fills[TABLE_MINUTES]);
    pending_count(correlator->pending, &fills[TABLE_PENDING]);
    for (int i = 0; i < TABLE_COUNT; i++)
        set_fill(counters, (enum correlate_table)i, &fills[i]);
}

static void count_minute(void *context, const struct minute_counters *minute)
{
    struct correlate_counters *counters = context;

    add_traffic(minute->is_resolver ? &counters->clients : &counters->servers, minute);
}

void correlator_counters(struct correlator *correlator, struct correlate_counters *counters)
{
    const struct parties *parties = correlator->knowledge.parties;

    *counters = (struct correlate_counters){
        .servfails = correlator->servfails,
        .unasked_servfails = correlator->unasked_servfails,
        .unasked_answers = correlator->unasked_answers,
        .unasked_icmp = correlator->unasked_icmp,
        .clients = correlator->clients,
        .servers = correlator->servers,
    };
    parties_count(parties, counters);
    parties_open_minutes(parties, count_minute, counters);
    count_tables(correlator, counters);
}
