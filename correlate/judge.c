#include "correlate/judge.h"

#include <string.h>

#include "correlate/dead_servers.h"
#include "correlate/evidence.h"
#include "correlate/explain.h"
#include "correlate/validation.h"
#include "correlate/verdict.h"
#include "decode/codes.h"
#include "decode/hash.h"

/* A name's own failure is remembered about this long (named 1 s, unbound 5 s, pdns a minute): in a
 * younger capture, a failure out of nothing may be the memory of one before the capture. What is
 * remembered of servers lasts longer (FAILURE_MEMORY_NS). */
#define NAME_MEMORY_NS (60 * SECOND_NS)
/* An answer from memory takes no time; one that took this long was worked for. */
#define MEMORY_LATENCY_NS (200 * MILLISECOND_NS)
/* Clients that joined one fetch are told of its failure at the same moment. */
#define SAME_MOMENT_NS (50 * MILLISECOND_NS)
/* A question may join a fetch that began this much earlier. */
#define JOINED_NS (2 * SECOND_NS)
/* Unrelated names failing within a moment that make a resolver in distress. */
#define DISTRESS_FAMILIES 8
/* Upstream queries for one question that only a resolver at its limit makes. */
#define LIMIT_QUERIES 100
/* Nameservers of nameservers of ... that resolvers stop at (named 7). */
#define LIMIT_DEPTH 4
/* Good answers to one question that a resolver asked for and did not take. */
#define ANSWERS_IN_VAIN 4
/* Silence that costs a question this much is what it failed of. */
#define LOST_TIME_NS (2 * SECOND_NS)
#define UNCHECKED_NS (600 * SECOND_NS)
/* Silence that the capture's own losses explain with more than this probability, in parts per
 * million, says nothing. */
#define LOSS_CHANCE_MAX 1000

/* What the judgement stands on, and where it ends. */
struct bench {
    const struct knowledge *knowledge;
    const struct servfail *servfail;
    unsigned families;
    struct inquiry *inquiry;
    struct incident *incident;
    struct address canonical;
    struct verdict verdict;
    struct dnssec_verdict validation;
};

static void decide(struct bench *bench, enum cause cause, enum confidence confidence)
{
    bench->incident->cause = cause;
    bench->incident->confidence = confidence;
}

static void adopt(struct bench *bench, const struct verdict *verdict)
{
    struct incident *incident = bench->incident;

    decide(bench, verdict->cause, verdict->confidence);
    incident->zone = verdict->zone;
    incident->server_count = verdict->server_count;
    memcpy(incident->servers, verdict->servers, sizeof(incident->servers));
    incident->contributing_count = verdict->contributing_count;
    memcpy(incident->contributing, verdict->contributing, sizeof(incident->contributing));
}

/* The resolver's own words (RFC 8914) */

enum ede_use {
    EDE_ALWAYS,  /* stands beside good answers as well */
    EDE_UNASKED, /* decides where nobody was asked */
    EDE_HIDDEN,  /* decides where the upstream side is not to be seen at all */
};

/* 9 (DNSKEY missing) stands for keys that do not fit their DS as well, and 6 for anything. Not
 * here: 22 and 23 (no reachable authority, network error), which resolvers send for servers that
 * refuse as well as for silent ones. */
static const struct ede_row {
    uint16_t code;
    enum ede_use use;
    enum cause cause;
} ede_rows[] = {
    {5, EDE_ALWAYS, CAUSE_DNSSEC_BOGUS},
    {6, EDE_ALWAYS, CAUSE_DNSSEC_BOGUS},
    {7, EDE_ALWAYS, CAUSE_DNSSEC_SIGNATURE_EXPIRED},
    {8, EDE_ALWAYS, CAUSE_DNSSEC_SIGNATURE_NOT_YET_VALID},
    {9, EDE_ALWAYS, CAUSE_DNSSEC_BOGUS},
    {10, EDE_ALWAYS, CAUSE_DNSSEC_SIGNATURE_MISSING},
    {11, EDE_ALWAYS, CAUSE_DNSSEC_BOGUS},
    {12, EDE_ALWAYS, CAUSE_DNSSEC_DENIAL_INVALID},
    {15, EDE_ALWAYS, CAUSE_RESOLVER_POLICY},
    {16, EDE_ALWAYS, CAUSE_RESOLVER_POLICY},
    {17, EDE_ALWAYS, CAUSE_RESOLVER_POLICY},
    {18, EDE_ALWAYS, CAUSE_RESOLVER_POLICY},
    {13, EDE_UNASKED, CAUSE_CACHED_FAILURE},
    {20, EDE_HIDDEN, CAUSE_LAME_NOT_AUTHORITATIVE},
    {24, EDE_HIDDEN, CAUSE_ZONE_INVALID_RESPONSE},
};

static const struct ede_row *ede_row(const struct servfail *servfail, enum ede_use use)
{
    for (unsigned i = 0; i < servfail->ede_count; i++)
        for (size_t j = 0; j < sizeof(ede_rows) / sizeof(ede_rows[0]); j++)
            if (ede_rows[j].code == servfail->ede[i].code && ede_rows[j].use <= use)
                return &ede_rows[j];
    return NULL;
}

/* With CD=1 it is not this resolver's validation that failed. */
static bool is_ede_applicable(const struct servfail *servfail, const struct ede_row *row)
{
    return strcmp(cause_category(row->cause), "dnssec") != 0 || !(servfail->query_flags & DNS_CD);
}

/* The zone that a validation failure is most likely about: the deepest signed zone on the path. */
static void deepest_signed_zone(const struct bench *bench, struct name *zone)
{
    const struct inquiry *inquiry = bench->inquiry;

    zone->size_bytes = 0;
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];
        struct name found;

        if (item->why == DEPENDENCY_DNSKEY)
            exchange_name(item->exchange, &found);
        else if (item->usable && item->outcome != OUTCOME_REFERRAL &&
                 item->exchange->signals & SIGNAL_SIGNATURES)
            item_zone(item, &found);
        else
            continue;
        if (found.size_bytes > zone->size_bytes)
            *zone = found;
    }
    if (!zone->size_bytes)
        *zone = bench->verdict.zone;
}

/* Does validation come into it: did the resolver ask for keys, or for signatures and get them? */
static bool is_signed(const struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;

    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];
        unsigned both = SIGNAL_DNSSEC_OK | SIGNAL_SIGNATURES;

        if (item->active &&
            (item->why == DEPENDENCY_DNSKEY || (item->exchange->signals & both) == both))
            return true;
    }
    return false;
}

static bool decide_by_ede(struct bench *bench, enum ede_use use)
{
    const struct ede_row *row = ede_row(bench->servfail, use);

    if (!row || !is_ede_applicable(bench->servfail, row))
        return false;
    decide(bench, row->cause, use == EDE_HIDDEN ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (strcmp(cause_category(row->cause), "dnssec") == 0)
        deepest_signed_zone(bench, &bench->incident->zone);
    return true;
}

/* Memory */

/* It is the same failure: of the same zone, by the same servers. */
static void blame_as_then(struct bench *bench, const struct failure *failure)
{
    struct incident *incident = bench->incident;

    incident->outage = failure->outage;
    failure_zone(failure, &incident->zone);
    incident->server_count = failure_servers(failure, incident->servers);
}

static void refer_to(struct bench *bench, const struct failure *failure)
{
    struct incident *incident = bench->incident;

    decide(bench, CAUSE_CACHED_FAILURE, CONFIDENCE_LIKELY);
    incident->origin = failure->identity;
    blame_as_then(bench, failure);
    verdict_contribute(&bench->verdict, failure->cause, &incident->zone, incident->servers,
                       incident->server_count);
    incident->contributing_count = 1;
    incident->contributing[0] = bench->verdict.contributing[bench->verdict.contributing_count - 1];
}

static const struct failure *question_failure(const struct bench *bench, int64_t until_ns)
{
    const struct name *qname = &bench->servfail->qname;

    return failures_of_question(bench->knowledge->failures, &bench->canonical,
                                hash_bytes(qname->bytes, qname->size_bytes), bench->servfail->qtype,
                                until_ns);
}

/* The deepest ancestor zone of `name` that failed lately, for a reason. */
static const struct failure *zone_failure(const struct bench *bench, const struct name *name)
{
    for (unsigned labels = name_labels(name->bytes) + 1; labels-- > 0;) {
        const struct failure *failure;
        struct name zone;

        zone_of_labels(name, labels, &zone);
        failure = failures_of_zone(bench->knowledge->failures, &bench->canonical, zone.bytes,
                                   zone.size_bytes, bench->inquiry->failed_ns - SAME_MOMENT_NS);
        if (failure)
            return failure;
    }
    return NULL;
}

/* The question itself, what it is an alias of, or a nameserver it needs failed before, for a
 * reason.
 */
static const struct failure *remembered_failure(const struct bench *bench)
{
    const struct failure *failure = question_failure(bench, bench->inquiry->asked_ns);

    if (failure && failure_has_reason(failure->cause))
        return failure;
    failure = NULL;
    for (unsigned i = 0; !failure && i < bench->inquiry->target_count; i++)
        failure = zone_failure(bench, &bench->inquiry->targets[i].name);
    return failure;
}

/* Somebody asked the same before and was told of its failure this very moment: one fetch failed for
 * both, although it had gone quiet when this question joined it. */
static bool decide_by_joined(struct bench *bench)
{
    const struct failure *failure = question_failure(bench, bench->inquiry->failed_ns);

    if (!failure || failure->time_ns < bench->inquiry->failed_ns - SAME_MOMENT_NS ||
        failure->time_ns < bench->inquiry->asked_ns)
        return false;
    decide(bench, failure->cause, CONFIDENCE_LIKELY);
    blame_as_then(bench, failure);
    return true;
}

static bool says_wrong_time(const struct servfail *servfail)
{
    for (unsigned i = 0; i < servfail->ede_count; i++)
        if (servfail->ede[i].code == 7 || servfail->ede[i].code == 8)
            return true;
    return false;
}

/* The resolver itself is at odds with the root, whose keys it was given: its anchor or its clock.
 */
static bool decide_by_root(struct bench *bench, const struct dnssec_verdict *found)
{
    enum root_trouble trouble = validation_root_trouble(bench->inquiry);
    struct incident *incident = bench->incident;
    struct name none = {.size_bytes = 0};

    if (trouble == ROOT_CONTENT &&
        !(found->status == DNSSEC_SECURE && says_wrong_time(bench->servfail)))
        return false;
    if (trouble == ROOT_CLOCK_WRONG || says_wrong_time(bench->servfail)) {
        decide(bench, CAUSE_RESOLVER_CLOCK, CONFIDENCE_LIKELY);
    } else {
        decide(bench, CAUSE_RESOLVER_TRUST_ANCHOR,
               trouble == ROOT_ANCHOR_STALE ? CONFIDENCE_CERTAIN : CONFIDENCE_POSSIBLE);
        if (trouble == ROOT_ANCHOR_OR_CLOCK) {
            verdict_contribute(&bench->verdict, CAUSE_RESOLVER_CLOCK, &none, NULL, 0);
            incident->contributing[0] =
                bench->verdict.contributing[bench->verdict.contributing_count - 1];
            incident->contributing_count = 1;
        }
    }
    if (trouble != ROOT_CONTENT)
        incident->zone = (struct name){1, {0}};
    return true;
}

/* What a validator of our own makes of what the resolver got. */
static bool decide_by_signatures(struct bench *bench)
{
    struct incident *incident = bench->incident;
    struct dnssec_verdict *found = &bench->validation;
    unsigned count;

    if (bench->servfail->query_flags & DNS_CD ||
        !validation_judge(bench->inquiry, found, incident->servers, &count))
        return false;
    /* Where one server's answer was good and another's was not, the resolver may have met that one.
     */
    if (found->status != DNSSEC_BOGUS && !(found->status == DNSSEC_SECURE && found->message >= 0))
        return false;
    decide(bench, found->cause,
           found->status == DNSSEC_BOGUS ? found->confidence : CONFIDENCE_POSSIBLE);
    incident->zone = found->zone;
    incident->server_count = count;
    return true;
}

static bool decide_by_computing(struct bench *bench)
{
    return decide_by_signatures(bench) ||
           (!(bench->servfail->query_flags & DNS_CD) && decide_by_root(bench, &bench->validation));
}

/* Did the resolver ask for the name again and again, although each time it was answered well? Then
 * the answers do not reach it. */
static bool was_answered_in_vain(const struct inquiry *inquiry)
{
    unsigned answers = 0;

    for (unsigned i = 0; i < inquiry->item_count; i++)
        answers += inquiry->items[i].usable && inquiry->items[i].why == DEPENDENCY_QUESTION;
    return answers >= ANSWERS_IN_VAIN;
}

/* The failure of a fetch that is no incident. */
static void remember(struct bench *bench, const struct verdict *verdict)
{
    struct incident *incident = bench->incident;

    adopt(bench, verdict);
    bench->verdict = *verdict;
    bench->verdict.contributing_count = 0;
    verdict_contribute(&bench->verdict, verdict->cause, &verdict->zone, verdict->servers,
                       verdict->server_count);
    incident->contributing_count = 1;
    incident->contributing[0] = bench->verdict.contributing[0];
    decide(bench, CAUSE_CACHED_FAILURE, CONFIDENCE_LIKELY);
}

/* A fetch that failed although no client was told so counts as the failure, too. */
static bool decide_by_earlier_fetch(struct bench *bench)
{
    struct verdict verdict;

    if (bench->inquiry->live || !inquiry_look_back(bench->inquiry))
        return false;
    verdict_reach(bench->inquiry, &verdict);
    /* What it has in its cache is validated when somebody asks for that. */
    if (verdict.resolution == RESOLUTION_GOOD && decide_by_signatures(bench))
        return true;
    if (verdict.resolution == RESOLUTION_GOOD && was_answered_in_vain(bench->inquiry)) {
        decide(bench, CAUSE_RESOLVER_DESPITE_ANSWERS, CONFIDENCE_LIKELY);
        bench->incident->zone = verdict.zone;
        return true;
    }
    if (verdict.resolution != RESOLUTION_FAILED)
        return false;
    remember(bench, &verdict);
    return true;
}

/* Or of other names of the zone: its servers were found dead. */
static bool decide_by_dead_servers(struct bench *bench)
{
    struct verdict verdict;

    if (!dead_servers_find(bench->inquiry, &verdict))
        return false;
    remember(bench, &verdict);
    return true;
}

/* A zone whose keys are known to be bad fails again on one signed answer. */
static bool decide_by_bad_keys(struct bench *bench)
{
    const struct failure *failure = zone_failure(bench, &bench->servfail->qname);

    if (!failure ||
        (failure->cause != CAUSE_RESOLVER_TRUST_ANCHOR && failure->cause != CAUSE_RESOLVER_CLOCK &&
         strcmp(cause_category(failure->cause), "dnssec") != 0) ||
        (bench->servfail->query_flags & DNS_CD))
        return false;
    decide(bench, failure->cause, CONFIDENCE_LIKELY);
    failure_zone(failure, &bench->incident->zone);
    bench->incident->outage = failure->outage;
    return true;
}

static bool decide_by_unchecked(struct bench *bench)
{
    const struct servfail *servfail = bench->servfail;
    int64_t unchecked_ns = failures_unchecked_ns(
        bench->knowledge->failures, hash_bytes(servfail->qname.bytes, servfail->qname.size_bytes),
        servfail->qtype);

    if (servfail->query_flags & DNS_CD || unchecked_ns == NEVER ||
        unchecked_ns < servfail->time_ns - UNCHECKED_NS)
        return false;
    decide(bench, CAUSE_DNSSEC_BOGUS, CONFIDENCE_LIKELY);
    deepest_signed_zone(bench, &bench->incident->zone);
    return true;
}

/* The resolver's state */

static bool has_upstream_side(const struct bench *bench, bool *answers)
{
    bool queries = false;

    *answers = false;
    for (size_t i = 0; i < bench->inquiry->egress_count; i++) {
        const struct party *party =
            parties_find(bench->knowledge->parties, &bench->inquiry->egresses[i]);

        if (!party)
            continue;
        queries |= party->iterative_queries + party->recursive_queries > 0;
        *answers |= party->answers_received > 0;
    }
    return queries;
}

/* It gets answers somewhere, and not a packet of that was captured. */
static bool is_one_sided(const struct bench *bench)
{
    bool answers, queries = has_upstream_side(bench, &answers);
    const struct party *party = parties_find(bench->knowledge->parties, &bench->servfail->resolver);

    return (queries && !answers) || (!queries && party && party->good_answers > 0);
}

/* What would decide may have had to make room: a failure that is remembered, or the work for this
 * question. */
static bool was_evicted(const struct bench *bench)
{
    const struct exchange_table *exchanges = bench->knowledge->exchanges;
    int64_t asked_ns = bench->inquiry->asked_ns;

    return exchange_lost_unwell_ns(exchanges) > asked_ns - NAME_MEMORY_NS ||
           exchange_lost_well_ns(exchanges) > asked_ns - JOINED_NS;
}

static bool is_encrypted(const struct bench *bench)
{
    const struct parties *parties = bench->knowledge->parties;
    const struct party *party = parties_find(parties, &bench->servfail->resolver);
    int64_t since_ns = bench->inquiry->asked_ns - 60 * SECOND_NS;

    if (party && party->encrypted_ns != NEVER && party->encrypted_ns >= since_ns)
        return true;
    for (size_t i = 0; i < bench->inquiry->egress_count; i++) {
        party = parties_find(parties, &bench->inquiry->egresses[i]);
        if (party && party->encrypted_ns != NEVER && party->encrypted_ns >= since_ns)
            return true;
    }
    return false;
}

/* Nothing upstream, and nothing in memory that this capture knows of. */
static void decide_without_upstream(struct bench *bench)
{
    const struct servfail *servfail = bench->servfail;
    bool answers, queries = has_upstream_side(bench, &answers);
    int64_t age_ns = bench->inquiry->asked_ns - bench->knowledge->first_ns;
    int64_t memory_ns =
        dead_servers_are_excluded(bench->inquiry) ? NAME_MEMORY_NS : FAILURE_MEMORY_NS;
    bool worked =
        servfail->asked_ns != NEVER && servfail->time_ns - servfail->asked_ns > MEMORY_LATENCY_NS;

    if (is_encrypted(bench))
        decide(bench, CAUSE_UNATTRIBUTED_ENCRYPTED_UPSTREAM, CONFIDENCE_LIKELY);
    else if (!queries && decide_by_ede(bench, EDE_HIDDEN))
        return;
    else if (servfail->asked_ns == NEVER && queries && age_ns >= NAME_MEMORY_NS)
        decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, CONFIDENCE_LIKELY); /* or it is forged */
    else if (bench->families >= DISTRESS_FAMILIES && queries)
        decide(bench, CAUSE_RESOLVER_OVERLOAD, CONFIDENCE_LIKELY);
    else if (bench->inquiry->live) /* there was work: only where it ended is not to be seen */
        decide(bench, CAUSE_UNATTRIBUTED_NO_EVIDENCE, CONFIDENCE_LIKELY);
    else if (!worked && age_ns < memory_ns)
        decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_START, CONFIDENCE_LIKELY);
    else
        decide(bench, CAUSE_RESOLVER_NO_UPSTREAM,
               queries && age_ns >= memory_ns ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
}

static unsigned count_queries(const struct inquiry *inquiry)
{
    unsigned count = 0;

    for (unsigned i = 0; i < inquiry->item_count; i++)
        count += inquiry->items[i].active;
    return count;
}

static bool decide_by_stripping(struct bench *bench)
{
    if (bench->servfail->query_flags & DNS_CD ||
        !validation_forwarder_strips(bench->inquiry, &bench->incident->servers[0]))
        return false;
    decide(bench, CAUSE_FORWARDER_DNSSEC_STRIPPED, CONFIDENCE_LIKELY);
    bench->incident->server_count = 1;
    return true;
}

/* Was it validation? */
static bool decide_by_validation(struct bench *bench)
{
    return decide_by_stripping(bench) || decide_by_computing(bench) ||
           decide_by_ede(bench, EDE_ALWAYS) || decide_by_bad_keys(bench) ||
           decide_by_unchecked(bench);
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

/* Answers came in the end, but the resolver's patience had gone into tries that nobody answered. */
static bool decide_by_lost_time(struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;
    struct verdict verdict;
    struct hop hop;
    struct name zone;

    if (inquiry->failed_ns - inquiry->begin_ns < LOST_TIME_NS)
        return false;
    zone.size_bytes = 0;
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (inquiry->items[i].active && inquiry->items[i].outcome == OUTCOME_TIMEOUT)
            item_zone(&inquiry->items[i], &zone);
    hop_init(&hop, false, &zone);
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        struct name own;

        item_zone(&inquiry->items[i], &own);
        if (inquiry->items[i].active && inquiry->items[i].outcome == OUTCOME_TIMEOUT &&
            !inquiry->items[i].to_forwarder && name_equal(&own, &zone))
            hop_add(&hop, &inquiry->items[i]);
    }
    if (hop.address_count == 0)
        return false;
    hop_judge(&hop, inquiry, &verdict);
    if (verdict.resolution != RESOLUTION_FAILED)
        return false;
    adopt(bench, &verdict);
    bench->incident->confidence = CONFIDENCE_POSSIBLE;
    return true;
}

/* All that was asked was answered well: it was validation, or the resolver. */
static void decide_despite_answers(struct bench *bench)
{
    if (was_cut_short(bench->inquiry)) {
        decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, CONFIDENCE_LIKELY);
        return;
    }
    if (decide_by_validation(bench) || decide_by_lost_time(bench))
        return;
    bench->incident->zone = bench->verdict.zone;
    if (count_queries(bench->inquiry) >= LIMIT_QUERIES)
        decide(bench, CAUSE_RESOLVER_LIMIT, CONFIDENCE_LIKELY);
    else if (bench->families >= DISTRESS_FAMILIES)
        decide(bench, CAUSE_RESOLVER_OVERLOAD, CONFIDENCE_LIKELY);
    else if (bench->validation.status == DNSSEC_INDETERMINATE && is_signed(bench) &&
             !(bench->servfail->query_flags & DNS_CD))
        decide(bench, CAUSE_UNATTRIBUTED_NO_EVIDENCE, CONFIDENCE_LIKELY);
    else
        decide(bench, CAUSE_RESOLVER_DESPITE_ANSWERS, CONFIDENCE_LIKELY);
}

/* The next hop's servers are known and were not asked, or nothing was asked at all. */
static void decide_unasked(struct bench *bench)
{
    const struct failure *failure = remembered_failure(bench);

    if (decide_by_joined(bench))
        return;
    if (failure)
        refer_to(bench, failure);
    else if (decide_by_stripping(bench) || decide_by_earlier_fetch(bench) ||
             decide_by_ede(bench, EDE_UNASKED))
        return;
    else if (!is_one_sided(bench) && decide_by_dead_servers(bench))
        return;
    else if (bench->inquiry->live && decide_by_unchecked(bench))
        return;
    else if ((is_one_sided(bench) || was_evicted(bench)) && !is_encrypted(bench))
        decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, CONFIDENCE_LIKELY);
    else
        decide_without_upstream(bench);
}

/* The order of precedence. What the packets of this try show comes first; then what the resolver
 * remembers; then what it says; last what is missing. */
static void attribute(struct bench *bench)
{
    const struct servfail *servfail = bench->servfail;

    if (servfail->qname.size_bytes == 0) {
        decide(bench, CAUSE_UNATTRIBUTED_NO_EVIDENCE, CONFIDENCE_LIKELY);
        return;
    }
    if (!bench->inquiry->live) {
        decide_unasked(bench);
        return;
    }
    verdict_reach(bench->inquiry, &bench->verdict);
    switch (bench->verdict.resolution) {
    case RESOLUTION_FAILED:
        adopt(bench, &bench->verdict);
        break;
    case RESOLUTION_GOOD:
        decide_despite_answers(bench);
        break;
    case RESOLUTION_UNASKED:
        if (nameserver_depth(bench->inquiry) >= LIMIT_DEPTH) {
            decide(bench, CAUSE_RESOLVER_LIMIT, CONFIDENCE_LIKELY);
            bench->incident->zone = bench->verdict.zone;
            break;
        }
        /* A resolver that has the answer and asks for keys is validating. */
        if (is_signed(bench) && decide_by_validation(bench))
            break;
        decide_unasked(bench);
        if (!bench->incident->zone.size_bytes)
            bench->incident->zone = bench->verdict.zone;
        break;
    }
}

/* What packets that are missing would make of good ones. */
static bool rests_on_silence(enum cause cause)
{
    static const enum cause causes[] = {
        CAUSE_UNREACHABLE_NO_RESPONSE, CAUSE_UNREACHABLE_EGRESS_BLOCKED,
        CAUSE_UNREACHABLE_TCP,         CAUSE_TIMEOUT_INTERMITTENT,
        CAUSE_FORWARDER_DOWN,          CAUSE_NETWORK_EDNS_BLOCKED,
        CAUSE_NETWORK_FRAGMENT_LOST,   CAUSE_NETWORK_TRUNCATED_TCP_FAILED,
        CAUSE_RESOLVER_NO_UPSTREAM,    CAUSE_RESOLVER_DESPITE_ANSWERS,
        CAUSE_RESOLVER_OVERLOAD,       CAUSE_UNATTRIBUTED_NO_EVIDENCE,
        CAUSE_UNREACHABLE_BAD_ADDRESS};

    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
        if (causes[i] == cause)
            return true;
    return false;
}

/* The probability that so many answers were all lost by the capture, in parts per million. */
static uint32_t chance_of_losing(uint32_t share, unsigned answers)
{
    uint64_t chance = share;

    for (unsigned i = 1; i < answers && chance > 0; i++)
        chance = chance * share / 1000000;
    return (uint32_t)chance;
}

static void decide_loss(struct bench *bench)
{
    struct incident *incident = bench->incident;

    incident->zone.size_bytes = 0;
    incident->server_count = incident->contributing_count = 0;
    decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, CONFIDENCE_LIKELY);
}

/* Nobody ever answers this resolver, and still it answers its clients well: a mirror of one
 * direction looks like that, too. */
static void weigh_one_sidedness(struct bench *bench)
{
    const struct party *party = parties_find(bench->knowledge->parties, &bench->servfail->resolver);

    if (bench->incident->cause == CAUSE_UNREACHABLE_EGRESS_BLOCKED && party &&
        party->good_answers > 0 && is_one_sided(bench))
        decide_loss(bench);
}

/* The capture lost packets meanwhile: what it did not show may have been there. */
static void weigh_losses(struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;
    struct incident *incident = bench->incident;
    uint32_t share = losses_share(&bench->knowledge->losses, inquiry->begin_ns, inquiry->until_ns);
    unsigned silent = 0;

    if (share == 0 || !rests_on_silence(incident->cause))
        return;
    for (unsigned i = 0; i < inquiry->item_count; i++)
        silent += inquiry->items[i].active && (inquiry->items[i].outcome == OUTCOME_TIMEOUT ||
                                               inquiry->items[i].outcome == OUTCOME_INTERMITTENT ||
                                               inquiry->items[i].outcome == OUTCOME_EDNS_DROPPED);
    if (chance_of_losing(share, silent) > LOSS_CHANCE_MAX) {
        decide_loss(bench);
        return;
    }
    if (incident->confidence == CONFIDENCE_CERTAIN)
        incident->confidence = CONFIDENCE_LIKELY;
    if (incident->contributing_count < CONTRIBUTING_MAX) {
        struct contributing *part = &incident->contributing[incident->contributing_count++];

        part->cause = CAUSE_UNATTRIBUTED_CAPTURE_LOSS;
        part->zone.size_bytes = 0;
        part->server_count = 0;
    }
}

/* What was not waited for long enough may have been answered. */
static void weigh_haste(struct bench *bench)
{
    struct incident *incident = bench->incident;

    if (bench->servfail->early && rests_on_silence(incident->cause) &&
        incident->confidence == CONFIDENCE_CERTAIN)
        incident->confidence = CONFIDENCE_LIKELY;
}

/* The incident of the next resolver in a chain is what stands behind a forwarder's SERVFAIL. */
static void find_chained_origin(struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;

    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct exchange *exchange = inquiry->items[i].exchange;
        struct name name;

        if (!inquiry->items[i].active || inquiry->items[i].outcome != OUTCOME_SERVFAIL ||
            !inquiry->items[i].to_forwarder ||
            !parties_is_watched(bench->knowledge->parties, &exchange->server, &exchange->asker))
            continue;
        exchange_name(exchange, &name);
        bench->incident->origin =
            incident_identity(&exchange->server, &exchange->asker, exchange->asker_port,
                              (enum transport)exchange->transport, exchange->id, &name,
                              exchange->qtype, exchange->qclass, exchange->response_ns);
    }
}

static void fill_facts(const struct servfail *servfail, const struct address *client,
                       bool client_is_resolver, struct incident *incident)
{
    incident->identity = incident_identity(
        &servfail->resolver, client, servfail->client_port, (enum transport)servfail->transport,
        servfail->id, &servfail->qname, servfail->qtype, servfail->qclass, servfail->time_ns);
    incident->outage = incident->origin = 0;
    incident->time_ns = servfail->time_ns;
    incident->elapsed_ns =
        servfail->asked_ns == NEVER ? -1 : servfail->time_ns - servfail->asked_ns;
    incident->client = *client;
    incident->client_port = servfail->client_port;
    incident->client_is_resolver = client_is_resolver;
    incident->resolver = servfail->resolver;
    incident->transport = (enum transport)servfail->transport;
    incident->id = servfail->id;
    incident->rd = servfail->query_flags & DNS_RD;
    incident->cd = servfail->query_flags & DNS_CD;
    incident->dnssec_ok = servfail->dnssec_ok;
    incident->qname = servfail->qname;
    incident->qtype = servfail->qtype;
    incident->qclass = servfail->qclass;
    memcpy(incident->ede, servfail->ede, sizeof(incident->ede));
    incident->ede_count = servfail->ede_count;
    incident->source = servfail->source;
    incident->frame = servfail->frame;
    incident->query_source = servfail->query_source;
    incident->query_frame = servfail->query_frame;
    incident->zone.size_bytes = 0;
    incident->server_count = incident->contributing_count = 0;
    incident->advice_count = incident->evidence_count = incident->evidence_total = 0;
    incident->explanation[0] = '\0';
}

void judge(const struct knowledge *knowledge, const struct servfail *servfail, int64_t until_ns,
           unsigned families, const struct address *client, struct inquiry *inquiry,
           struct incident *incident)
{
    struct bench bench = {.knowledge = knowledge,
                          .servfail = servfail,
                          .families = families,
                          .inquiry = inquiry,
                          .incident = incident};
    const struct failure *earlier;

    bench.validation.status = DNSSEC_INDETERMINATE;
    bench.validation.text[0] = '\0';

    fill_facts(servfail, client, parties_is_resolver(knowledge->parties, &servfail->client),
               incident);
    bench.canonical = parties_canonical(knowledge->parties, &servfail->resolver);
    bench.verdict.resolution = RESOLUTION_UNASKED;
    earlier = servfail->qname.size_bytes && servfail->asked_ns != NEVER
                  ? question_failure(&bench, servfail->asked_ns)
                  : NULL;
    inquiry_gather(inquiry, knowledge, &servfail->resolver, &servfail->qname, servfail->qtype,
                   servfail->asked_ns, servfail->time_ns, until_ns,
                   earlier ? earlier->time_ns : NEVER);
    attribute(&bench);
    weigh_one_sidedness(&bench);
    weigh_losses(&bench);
    weigh_haste(&bench);
    if (incident->cause == CAUSE_FORWARDER_SERVFAIL)
        find_chained_origin(&bench);
    evidence_collect(inquiry, incident);
    explain(&bench.verdict, &bench.validation, inquiry, incident);
}
