#include "correlate/judge.h"

#include <string.h>

#include "correlate/evidence.h"
#include "correlate/explain.h"
#include "correlate/hop.h"
#include "correlate/judge_bench.h"
#include "correlate/judge_doubts.h"
#include "correlate/judge_ede.h"
#include "correlate/judge_memory.h"
#include "correlate/judge_signatures.h"
#include "correlate/judge_upstream.h"
#include "correlate/judge_zone.h"
#include "correlate/missing_hosts.h"
#include "correlate/unseen.h"
#include "decode/codes.h"

/* Upstream queries for one question that may be all that a resolver grants it: pdns 50 or 60, named
 * 100 and lately 50. */
#define LIMIT_QUERIES 50
/* Nameservers of nameservers of ... that resolvers stop at (named 7). */
#define LIMIT_DEPTH 4
/* Silence that costs a question this much is what it failed of. */
#define LOST_TIME_NS (2 * SECOND_NS)

/* Was it validation? */
static bool judge_by_validation(struct bench *bench)
{
    return judge_by_stripping(bench) || judge_by_private_zone(bench, PRIVATE_DENIED) ||
           judge_by_computing(bench) || judge_by_private_zone(bench, PRIVATE_UNCHAINED) ||
           judge_by_withholding(bench) || judge_by_ede(bench, EDE_ALWAYS) ||
           judge_by_bad_keys(bench) || judge_by_unfetched_keys(bench) || judge_by_unchecked(bench);
}

/* How many nameservers' nameservers had to be looked for, one for the other. */
static unsigned nameserver_depth(const struct inquiry *inquiry)
{
    unsigned deepest = 0;

    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];

        const struct target *target = &inquiry->targets[item->target];

        if (item->active && item->usable && target->why == DEPENDENCY_NAMESERVER &&
            target->depth > deepest)
            deepest = target->depth;
    }
    return deepest;
}

/* Did the snap length hide what some answer said? */
static bool was_cut_short(const struct inquiry *inquiry)
{
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (inquiry->items[i].active && inquiry->items[i].outcome == OUTCOME_NOT_SEEN)
            return true;
    return false;
}

static bool cost_time(const struct item *item)
{
    return item->active && item->outcome == OUTCOME_TIMEOUT && !item->to_forwarder;
}

/* Answers came in the end, but the resolver's patience had gone into tries that nobody answered. */
static bool judge_by_lost_time(struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;
    struct verdict verdict;
    struct hop hop;
    struct name zone;

    if (inquiry->failed_ns - inquiry->begin_ns < LOST_TIME_NS)
        return false;
    zone.size_bytes = 0;
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (cost_time(&inquiry->items[i]))
            item_zone(&inquiry->items[i], &zone);
    hop_init(&hop, false, &zone);
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        struct name own;

        item_zone(&inquiry->items[i], &own);
        if (cost_time(&inquiry->items[i]) && name_equal(&own, &zone))
            hop_add(&hop, &inquiry->items[i]);
    }
    if (hop.address_count == 0)
        return false;
    hop_judge(&hop, inquiry, &verdict);
    if (verdict.resolution != RESOLUTION_FAILED)
        return false;
    bench_adopt(bench, &verdict);
    bench->incident->confidence = CONFIDENCE_POSSIBLE;
    return true;
}

/* When the last usable answer to the question itself came; NEVER: none did. */
static int64_t last_answer_ns(const struct inquiry *inquiry)
{
    int64_t last_ns = NEVER;

    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (inquiry->items[i].active && inquiry->items[i].usable &&
            inquiry->items[i].why == DEPENDENCY_QUESTION &&
            inquiry->items[i].exchange->response_ns > last_ns)
            last_ns = inquiry->items[i].exchange->response_ns;
    return last_ns;
}

/* Long before it failed the resolver had the answer, and gave it to whoever waited for that: what
 * failed was an earlier try for the same question. */
static bool judge_by_earlier_try(struct bench *bench)
{
    struct inquiry *inquiry = bench->inquiry;
    int64_t answered_ns = last_answer_ns(inquiry);
    struct inquiry_view own;
    struct verdict verdict;

    if (answered_ns == NEVER || inquiry->failed_ns - answered_ns < LOST_TIME_NS ||
        !inquiry_look_before(inquiry, inquiry->failed_ns - PATIENCE_NS, &own))
        return false;
    verdict_reach(inquiry, &verdict);
    if (verdict.resolution != RESOLUTION_FAILED) {
        inquiry_look_again(inquiry, &own);
        return false;
    }
    bench_adopt(bench, &verdict);
    bench->incident->confidence = CONFIDENCE_LIKELY;
    return true;
}

/* All that was asked was answered well: it was validation, or the resolver. */
static void judge_despite_answers(struct bench *bench)
{
    if (was_cut_short(bench->inquiry)) {
        bench_decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, CONFIDENCE_LIKELY);
        return;
    }
    if (judge_by_validation(bench) || judge_by_lost_time(bench) || judge_by_earlier_try(bench))
        return;
    bench->incident->zone = bench->verdict.zone;
    if (inquiry_count_active(bench->inquiry, false) >= LIMIT_QUERIES)
        bench_decide(bench, CAUSE_RESOLVER_LIMIT, CONFIDENCE_LIKELY);
    else if (bench_is_in_distress(bench))
        bench_decide(bench, CAUSE_RESOLVER_OVERLOAD, CONFIDENCE_LIKELY);
    else if (bench_may_be_bogus(bench))
        bench_decide(bench, CAUSE_UNATTRIBUTED_NO_EVIDENCE, CONFIDENCE_LIKELY);
    else
        bench_decide(bench, CAUSE_RESOLVER_DESPITE_ANSWERS, CONFIDENCE_LIKELY);
}

/* The resolver has an answer, of which it then knew that it cannot be validated. */
static bool judge_by_bad_keys_of_answer(struct bench *bench)
{
    return bench->inquiry->live && last_answer_ns(bench->inquiry) != NEVER &&
           judge_by_bad_keys(bench);
}

/* Nobody could be asked, as the resolver knew. */
static bool judge_by_missing_hosts(struct bench *bench)
{
    const struct name *zone = &bench->verdict.zone;

    if (!bench->inquiry->live || zone->size_bytes == 0 || !missing_hosts_hold(bench->inquiry, zone))
        return false;
    bench_decide(bench, CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, CONFIDENCE_LIKELY);
    bench->incident->zone = *zone;
    return true;
}

/* The next hop's servers are known and were not asked, or nothing was asked at all. */
static void judge_unasked(struct bench *bench)
{
    if (judge_by_joined_fetch(bench) || judge_by_failure(bench) || judge_by_stripping(bench) ||
        judge_by_earlier_fetch(bench) || judge_by_missing_hosts(bench) ||
        judge_by_ede(bench, EDE_UNASKED) || judge_by_dead_forwarders(bench))
        return;
    if (!upstream_is_one_sided(bench) && judge_by_dead_servers(bench))
        return;
    if ((upstream_is_one_sided(bench) || upstream_was_evicted(bench)) &&
        !upstream_is_encrypted(bench))
        bench_decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, CONFIDENCE_LIKELY);
    else if (!bench->inquiry->live || !judge_by_lost_time(bench))
        judge_without_upstream(bench);
}

/* The order of precedence. What the packets of this try show comes first; then what the resolver
 * remembers; then what it says; last what is missing. */
static void attribute(struct bench *bench)
{
    const struct servfail *servfail = bench->servfail;

    if (servfail->qname.size_bytes == 0) {
        bench_decide(bench, CAUSE_UNATTRIBUTED_NO_EVIDENCE, CONFIDENCE_LIKELY);
        return;
    }
    if (!bench->inquiry->live) {
        judge_unasked(bench);
        return;
    }
    verdict_reach(bench->inquiry, &bench->verdict);
    switch (bench->verdict.resolution) {
    case RESOLUTION_FAILED:
        bench_adopt(bench, &bench->verdict);
        contribute_signatures(bench);
        break;
    case RESOLUTION_GOOD:
        judge_despite_answers(bench);
        break;
    case RESOLUTION_UNASKED:
        if (nameserver_depth(bench->inquiry) >= LIMIT_DEPTH) {
            bench_decide(bench, CAUSE_RESOLVER_LIMIT, CONFIDENCE_LIKELY);
            bench->incident->zone = bench->verdict.zone;
            break;
        }
        /* A resolver that has the answer and asks for keys is validating. */
        if ((bench_is_signed(bench) && judge_by_validation(bench)) ||
            judge_by_private_zone(bench, PRIVATE_UNCHAINED) || judge_by_bad_keys_of_answer(bench))
            break;
        judge_unasked(bench);
        if (!bench->incident->zone.size_bytes)
            bench->incident->zone = bench->verdict.zone;
        break;
    }
}

static bool is_silence(enum cause cause)
{
    return cause == CAUSE_UNREACHABLE_NO_RESPONSE || cause == CAUSE_UNREACHABLE_EGRESS_BLOCKED ||
           cause == CAUSE_TIMEOUT_INTERMITTENT || cause == CAUSE_FORWARDER_DOWN;
}

static bool is_absence(enum cause cause)
{
    return cause == CAUSE_RESOLVER_NO_UPSTREAM || cause == CAUSE_RESOLVER_DESPITE_ANSWERS;
}

static void begin(struct bench *bench)
{
    verdict_init(&bench->verdict, RESOLUTION_UNASKED);
    bench->validation.status = DNSSEC_INDETERMINATE;
    bench->validation.text[0] = '\0';
    bench->incident->zone.size_bytes = 0;
    bench->incident->server_count = bench->incident->contributing_count = 0;
    bench->incident->origin = 0;
}

/* What seems to be a server's silence may be the capture's: then everything is heard anew. */
static void doubt_silence(struct bench *bench)
{
    struct name none = {.size_bytes = 0};

    if (bench->incident->origin != 0 || !is_silence(incident_first_cause(bench->incident)) ||
        !unseen_note(bench->inquiry))
        return;
    begin(bench);
    attribute(bench);
    if (is_absence(bench->incident->cause)) {
        begin(bench);
        bench_decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, CONFIDENCE_LIKELY);
        return;
    }
    if (bench->incident->confidence == CONFIDENCE_CERTAIN)
        bench->incident->confidence = CONFIDENCE_LIKELY;
    if (bench->incident->cause != CAUSE_UNATTRIBUTED_CAPTURE_LOSS)
        bench_contribute(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, &none, NULL, 0);
}

/* The last SERVFAIL of a watched resolver that this one forwards to: for the question itself, or
 * for what it needed where that was not asked. */
static const struct exchange *find_chained_servfail(const struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;
    const struct name *qname = &bench->servfail->qname;
    uint16_t qtype = bench->servfail->qtype;
    const struct exchange *found = NULL;
    bool found_asks = false;

    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];
        const struct exchange *exchange = item->exchange;
        bool asks = exchange->qtype == qtype && exchange_is_about(exchange, qname);

        if (!item->active || item->outcome != OUTCOME_SERVFAIL || !item->to_forwarder ||
            !parties_is_watched(bench->knowledge->parties, &exchange->server, &exchange->asker))
            continue;
        if (!found || asks > found_asks ||
            (asks == found_asks && exchange->response_ns > found->response_ns)) {
            found = exchange;
            found_asks = asks;
        }
    }
    return found;
}

/* The incident of the next resolver in a chain is what stands behind a forwarder's SERVFAIL: its
 * client, which is this one, and its question are hidden there as well. */
static void find_chained_origin(struct bench *bench, const struct hiding *hiding)
{
    const struct exchange *exchange = find_chained_servfail(bench);
    struct address asker;
    struct name name;

    if (!exchange)
        return;
    exchange_name(exchange, &name);
    hide_name(hiding, &name);
    asker = hide_client(hiding, &exchange->asker);
    bench->incident->origin = incident_identity(
        &exchange->server, &asker, exchange->asker_port, (enum transport)exchange->transport,
        exchange->id, &name, exchange->qtype, exchange->qclass, exchange->response_ns);
}

/* Identities are made of what is shown: from one of a hidden name it could be guessed. */
static void fill_facts(const struct servfail *servfail, const struct hiding *hiding,
                       bool client_is_resolver, struct incident *incident)
{
    incident->client = hide_client(hiding, &servfail->client);
    incident->qname = servfail->qname;
    hide_name(hiding, &incident->qname);
    incident->identity =
        incident_identity(&servfail->resolver, &incident->client, servfail->client_port,
                          (enum transport)servfail->transport, servfail->id, &incident->qname,
                          servfail->qtype, servfail->qclass, servfail->time_ns);
    incident->outage = 0;
    incident->time_ns = servfail->time_ns;
    incident->elapsed_ns =
        servfail->asked_ns == NEVER ? -1 : servfail->time_ns - servfail->asked_ns;
    incident->client_port = servfail->client_port;
    incident->client_is_resolver = client_is_resolver;
    incident->resolver = servfail->resolver;
    incident->transport = (enum transport)servfail->transport;
    incident->id = servfail->id;
    incident->rd = servfail->query_flags & DNS_RD;
    incident->cd = servfail->query_flags & DNS_CD;
    incident->dnssec_ok = servfail->dnssec_ok;
    incident->qtype = servfail->qtype;
    incident->qclass = servfail->qclass;
    memcpy(incident->ede, servfail->ede, sizeof(incident->ede));
    incident->ede_count = servfail->ede_count;
    incident->source = servfail->source;
    incident->frame = servfail->frame;
    incident->query_source = servfail->query_source;
    incident->query_frame = servfail->query_frame;
    incident->advice_count = incident->evidence_count = incident->evidence_total = 0;
    incident->explanation[0] = '\0';
}

void judge(const struct knowledge *knowledge, const struct servfail *servfail, int64_t until_ns,
           const struct failures_around *around, const struct hiding *hiding,
           struct inquiry *inquiry, struct incident *incident, struct name *zone)
{
    struct bench bench; /* large: an initializer would clear it all */

    bench.knowledge = knowledge;
    bench.servfail = servfail;
    bench.around = around;
    bench.inquiry = inquiry;
    bench.incident = incident;
    begin(&bench);
    fill_facts(servfail, hiding, parties_is_resolver(knowledge->parties, &servfail->client),
               incident);
    bench.canonical = parties_canonical(knowledge->parties, &servfail->resolver);
    inquiry_gather(inquiry, knowledge, &servfail->resolver, &servfail->qname, servfail->qtype,
                   servfail->qclass, servfail->asked_ns, servfail->time_ns, until_ns,
                   judge_failed_before_ns(&bench));
    attribute(&bench);
    doubt_silence(&bench);
    judge_weigh_doubts(&bench);
    judge_presume_zone(&bench);
    if (incident->cause == CAUSE_FORWARDER_SERVFAIL)
        find_chained_origin(&bench, hiding);
    evidence_collect(inquiry, incident);
    name_copy(zone, &incident->zone);
    hide_incident(hiding, incident);
    hide_names_in_clause(hiding, bench.validation.text);
    explain(&bench.verdict, &bench.validation, inquiry, incident);
}
