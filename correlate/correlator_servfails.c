#include "correlate/correlator_private.h"

#include <string.h>

#include "correlate/family.h"
#include "decode/codes.h"
#include "decode/flow_hash.h"
#include "decode/hash.h"
#include "decode/records.h"

/* What a question depends on may have begun so much before it was asked. */
#define EVIDENCE_MARGIN_NS SECOND_NS
/* A longer chain is a loop, or as good as one. */
#define ALIASES_KEPT 16

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

int64_t correlator_oldest_pending_ns(const struct correlator *correlator)
{
    int64_t time_ns;

    return pending_first(correlator->pending, &time_ns) && time_ns < correlator->now_ns
               ? time_ns
               : correlator->now_ns;
}

/* 0: the packets do not show the question. */
static uint64_t family_of(const struct name *qname)
{
    return qname->size_bytes ? name_family_hash(qname->bytes, qname->size_bytes) : 0;
}

static void note_distress(struct correlator *correlator, const struct servfail *servfail)
{
    const struct name *qname = &servfail->qname;
    uint64_t name = qname->size_bytes ? hash_bytes(qname->bytes, qname->size_bytes) : 0;
    const struct server *service =
        parties_server(correlator->knowledge.parties, &servfail->resolver);

    distress_note(correlator->distress, &servfail->resolver, servfail->time_ns, family_of(qname),
                  name, service ? server_responses(service) : 0,
                  correlator_oldest_pending_ns(correlator));
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

static void keep_zones(struct correlator *correlator, const struct name *name,
                       const struct address *server)
{
    struct knowledge *knowledge = &correlator->knowledge;
    const uint8_t *end = name->bytes + name->size_bytes;
    unsigned labels = name_labels(name->bytes);

    for (const uint8_t *zone = name->bytes; zone < end; zone += 1 + *zone, labels--) {
        size_t size = (size_t)(end - zone);
        uint64_t hash;

        if (labels > ZONE_LABELS_KEPT && zone != name->bytes)
            continue;
        hash = hash_bytes(zone, size);
        exchange_want(knowledge->exchanges, hash, zone, size, correlator->now_ns);
        world_keep_zone(knowledge->world, hash, server, correlator->now_ns);
        keyring_keep(knowledge->keyring, hash, correlator->now_ns);
    }
}

void correlator_keep_evidence(struct correlator *correlator, const struct name *name,
                              const struct address *server)
{
    struct name names[2];
    unsigned at = 0;

    if (name->size_bytes == 0)
        return;
    names[0] = *name;
    for (unsigned aliases = 0; aliases < ALIASES_KEPT; aliases++, at ^= 1) {
        keep_zones(correlator, &names[at], server);
        if (!aliases_follow(correlator->knowledge.aliases, &names[at], correlator->now_ns,
                            &names[at ^ 1]))
            return;
    }
}

void correlator_await_judgement(struct correlator *correlator, const struct event *event,
                                const struct exchange *exchange)
{
    struct servfail servfail = {
        .time_ns = event->time_ns,
        .lost_ns = exchange_lost_well_ns(correlator->knowledge.exchanges),
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
    if (servfail.asked_ns != NEVER) {
        note_distress(correlator, &servfail);
        correlator_keep_evidence(correlator, &servfail.qname, NULL);
    }
    pending_add(correlator->pending, &servfail);
    correlator->stirred = true;
}

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
    const struct server *service = parties_server(knowledge->parties, &servfail->resolver);

    return servfail->asked_ns != NEVER || !service || !service->asked;
}

static bool is_resolvers_own(enum cause cause)
{
    return !failure_has_reason(cause) || strcmp(cause_category(cause), "resolver") == 0;
}

static bool judge_servfail(struct correlator *correlator, struct servfail *servfail)
{
    struct knowledge *knowledge = &correlator->knowledge;
    struct incident *incident = &correlator->finding.incident;
    struct failures_around around;
    struct address canonical;
    struct name zone;

    if (!parties_is_watched(knowledge->parties, &servfail->resolver, &servfail->client))
        return false;
    if (servfail->asked_ns == NEVER)
        find_late_query(correlator, servfail);
    around = distress_around(correlator->distress, &servfail->resolver, servfail->time_ns,
                             family_of(&servfail->qname));
    judge(knowledge, servfail, servfail->time_ns + correlator->grace_ns, &around,
          &correlator->hiding, &correlator->inquiry, incident, &zone);
    incident->client_key = hide_client_key(&correlator->hiding, &servfail->client);
    correlator->incident_waits =
        outages_assign(correlator->outages, incident, &correlator->outage.outage);
    if (servfail->asked_ns != NEVER && !is_resolvers_own(incident->cause))
        distress_explain(correlator->distress, &servfail->resolver, servfail->time_ns,
                         family_of(&servfail->qname));
    canonical = parties_canonical(knowledge->parties, &servfail->resolver);
    correlator->unasked_servfails += servfail->asked_ns == NEVER;
    if (incident->cause != CAUSE_CACHED_FAILURE && is_memorable(knowledge, servfail))
        failures_remember(knowledge->failures, &canonical, &servfail->qname, &zone, incident);
    if (!zone.size_bytes && is_memorable(knowledge, servfail))
        failures_remember_siblings(knowledge->failures, &canonical, &servfail->qname, incident);
    correlator->finding.kind = FINDING_INCIDENT;
    correlator->servfails++;
    return true;
}

/* Was it waited for as long as it should be? */
static bool is_due(const struct correlator *correlator, int64_t time_ns)
{
    return correlator->finished || time_ns + correlator->grace_ns <= correlator->now_ns;
}

bool correlator_is_losing_evidence(const struct correlator *correlator)
{
    int64_t lost_ns = exchange_lost_crowded_ns(correlator->knowledge.exchanges), asked_ns;

    if (lost_ns == NEVER || lost_ns > correlator->now_ns)
        return false;
    asked_ns = pending_first_asked_ns(correlator->pending);
    return asked_ns != NEVER && asked_ns - EVIDENCE_MARGIN_NS < lost_ns;
}

/* Takes the next one that is due, or that cannot be waited for. */
static bool take_servfail(struct correlator *correlator, struct servfail *servfail)
{
    struct pending *pending = correlator->pending;
    bool overdue = pending_is_overdue(pending);
    int64_t time_ns;

    if (!pending_first(pending, &time_ns))
        return false;
    if (overdue || is_due(correlator, time_ns) || correlator_is_losing_evidence(correlator))
        pending_take(pending, servfail);
    else if (pending_is_over(pending))
        pending_take_largest(pending, servfail);
    else
        return false;
    servfail->early = !overdue && !is_due(correlator, servfail->time_ns);
    if (servfail->early)
        pending_count_early(pending);
    return true;
}

bool correlator_next_incident(struct correlator *correlator)
{
    struct servfail servfail;

    while (take_servfail(correlator, &servfail))
        if (judge_servfail(correlator, &servfail))
            return true;
    return false;
}
