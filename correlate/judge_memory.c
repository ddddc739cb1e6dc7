#include "correlate/judge_memory.h"

#include <string.h>

#include "correlate/dead_servers.h"
#include "correlate/hop.h"
#include "correlate/judge_signatures.h"
#include "decode/codes.h"
#include "decode/hash.h"

/* Good answers to one question that a resolver asked for and did not take. */
#define ANSWERS_IN_VAIN 4
/* A good answer under CD=1 tells of a failure up to this much later. */
#define UNCHECKED_NS (600 * SECOND_NS)

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

    bench_decide(bench, CAUSE_CACHED_FAILURE, CONFIDENCE_LIKELY);
    incident->origin = failure->identity;
    blame_as_then(bench, failure);
    bench_contribute(bench, failure->cause, &incident->zone, incident->servers,
                     incident->server_count);
}

static struct question_key key_of(const struct servfail *servfail)
{
    return (struct question_key){hash_bytes(servfail->qname.bytes, servfail->qname.size_bytes),
                                 servfail->qtype, servfail->qclass};
}

static const struct failure *question_failure(const struct bench *bench, int64_t until_ns)
{
    struct question_key question = key_of(bench->servfail);

    return failures_of_question(bench->knowledge->failures, &bench->canonical, &question, until_ns);
}

/* Is it of the chain of keys, which goes through all zones above a name? */
static bool is_about_keys(enum cause cause)
{
    return cause == CAUSE_RESOLVER_TRUST_ANCHOR || cause == CAUSE_RESOLVER_CLOCK ||
           strcmp(cause_category(cause), "dnssec") == 0;
}

/* The deepest ancestor zone of `name` that failed lately, for a reason, at or before `until_ns`.
 * Whom a zone delegated the name to is asked without its servers. */
static const struct failure *zone_failure(const struct bench *bench, const struct name *name,
                                          int64_t until_ns)
{
    bool delegated = false;

    for (unsigned labels = name_labels(name->bytes) + 1; labels-- > 0;) {
        const struct failure *failure;
        struct name zone;

        zone_of_labels(name, labels, &zone);
        failure = failures_of_zone(bench->knowledge->failures, &bench->canonical, &zone,
                                   bench->servfail->qclass, until_ns);
        if (failure && (!delegated || is_about_keys(failure->cause)))
            return failure;
        delegated |= world_delegation(bench->knowledge->world, zone.bytes, zone.size_bytes) != NULL;
    }
    return NULL;
}

static const struct failure *remembered_failure(const struct bench *bench)
{
    const struct failure *failure = question_failure(bench, bench->inquiry->asked_ns);

    if (failure && failure_has_reason(failure->cause))
        return failure;
    failure = NULL;
    for (unsigned i = 0; !failure && i < bench->inquiry->target_count; i++)
        failure = zone_failure(bench, &bench->inquiry->targets[i].name,
                               bench->inquiry->failed_ns - SAME_MOMENT_NS);
    return failure;
}

bool judge_by_failure(struct bench *bench)
{
    const struct failure *failure = remembered_failure(bench);

    /* What has no route is looked at anew by who works for it. */
    if (!failure || (failure->cause == CAUSE_UNREACHABLE_BAD_ADDRESS && bench->inquiry->live))
        return false;
    refer_to(bench, failure);
    return true;
}

int64_t judge_failed_before_ns(const struct bench *bench)
{
    const struct servfail *servfail = bench->servfail;
    const struct failure *failure;

    if (!servfail->qname.size_bytes || servfail->asked_ns == NEVER)
        return NEVER;
    failure = question_failure(bench, servfail->asked_ns);
    return failure ? failure->time_ns : NEVER;
}

/* Somebody asked the same before and was told of its failure this very moment: one fetch failed for
 * both, although it had gone quiet when this question joined it. */
bool judge_by_joined_fetch(struct bench *bench)
{
    const struct failure *failure = question_failure(bench, bench->inquiry->failed_ns);

    if (!failure || failure->time_ns < bench->inquiry->failed_ns - SAME_MOMENT_NS ||
        failure->time_ns < bench->inquiry->asked_ns)
        return false;
    bench_decide(bench, failure->cause, CONFIDENCE_LIKELY);
    blame_as_then(bench, failure);
    return true;
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
    verdict_copy(&bench->verdict, verdict);
    bench_adopt(bench, verdict);
    bench->incident->contributing_count = 0;
    bench_contribute(bench, verdict->cause, &verdict->zone, verdict->servers,
                     verdict->server_count);
    bench_decide(bench, CAUSE_CACHED_FAILURE, CONFIDENCE_LIKELY);
}

bool judge_by_earlier_fetch(struct bench *bench)
{
    struct verdict verdict;

    if (bench->inquiry->live || !inquiry_look_back(bench->inquiry))
        return false;
    verdict_reach(bench->inquiry, &verdict);
    /* What it has in its cache is validated when somebody asks for that. */
    if (verdict.resolution == RESOLUTION_GOOD &&
        (judge_by_private_zone(bench, PRIVATE_DENIED) || judge_by_signatures(bench)))
        return true;
    if (verdict.resolution == RESOLUTION_GOOD && was_answered_in_vain(bench->inquiry)) {
        bench_decide(bench,
                     bench_may_be_bogus(bench) ? CAUSE_UNATTRIBUTED_NO_EVIDENCE
                                               : CAUSE_RESOLVER_DESPITE_ANSWERS,
                     CONFIDENCE_LIKELY);
        bench->incident->zone = verdict.zone;
        return true;
    }
    if (verdict.resolution != RESOLUTION_FAILED)
        return false;
    remember(bench, &verdict);
    return true;
}

bool judge_by_dead_servers(struct bench *bench)
{
    struct verdict verdict;

    if (!dead_servers_find(bench->inquiry, &verdict))
        return false;
    remember(bench, &verdict);
    return true;
}

/* The last failure of forwarders that the name would have been passed on to as well: of those of a
 * domain above it in which the resolver was referred to nobody, so that it does not iterate there;
 * or of all that it asks, where it asks nobody else any more. */
static const struct failure *forwarders_failure(const struct bench *bench)
{
    const struct name *qname = &bench->servfail->qname;
    const struct inquiry *inquiry = bench->inquiry;
    const struct failure *failure = NULL;
    struct blamed_server servers[FAILURE_SERVERS_MAX];
    struct name above;

    for (unsigned labels = name_labels(qname->bytes); labels > 1 && !failure; labels--) {
        zone_of_labels(qname, labels, &above);
        if (inquiry_delegation(inquiry, &above))
            break;
        failure = failures_of_forwarders(bench->knowledge->failures, &bench->canonical, &above,
                                         inquiry->qclass, inquiry->failed_ns);
    }
    if (failure && dead_servers_hold(inquiry, servers, failure_servers(failure, servers)))
        return failure;
    zone_of_labels(qname, 0, &above);
    failure = failures_of_forwarders(bench->knowledge->failures, &bench->canonical, &above,
                                     inquiry->qclass, inquiry->failed_ns);
    if (failure &&
        parties_ask_in_vain(bench->knowledge->parties, inquiry->egresses, inquiry->egress_count,
                            servers, failure_servers(failure, servers), inquiry->failed_ns))
        return failure;
    return NULL;
}

bool judge_by_dead_forwarders(struct bench *bench)
{
    const struct failure *failure = bench->inquiry->live ? NULL : forwarders_failure(bench);

    if (!failure)
        return false;
    refer_to(bench, failure);
    return true;
}

/* Also those that another question of the same moment failed by: of one client A and AAAA, say. */
bool judge_by_bad_keys(struct bench *bench)
{
    const struct failure *failure =
        zone_failure(bench, &bench->servfail->qname, bench->inquiry->failed_ns);

    if (!failure || !is_about_keys(failure->cause) || (bench->servfail->query_flags & DNS_CD))
        return false;
    bench_decide(bench, failure->cause, CONFIDENCE_LIKELY);
    failure_zone(failure, &bench->incident->zone);
    bench->incident->outage = failure->outage;
    return true;
}

static bool is_key_fetch(const struct item *item)
{
    return item->to_forwarder && (item->why == DEPENDENCY_DNSKEY || item->why == DEPENDENCY_DS);
}

static bool is_same_fetch(const struct item *a, const struct item *b)
{
    return a->exchange->qtype == b->exchange->qtype &&
           a->exchange->name_hash == b->exchange->name_hash;
}

/* The last that brought nothing, and was not made up for since; NULL: none. */
static const struct item *last_unfetched(const struct inquiry *inquiry)
{
    const struct item *last = NULL;

    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];
        unsigned later = 0;

        if (!is_key_fetch(item) || item->usable ||
            (last && exchange_begin(item->exchange) <= exchange_begin(last->exchange)))
            continue;
        while (later < inquiry->item_count &&
               !(inquiry->items[later].usable && is_key_fetch(&inquiry->items[later]) &&
                 is_same_fetch(&inquiry->items[later], item) &&
                 exchange_begin(inquiry->items[later].exchange) > exchange_begin(item->exchange)))
            later++;
        if (later == inquiry->item_count)
            last = item;
    }
    return last;
}

bool judge_by_unfetched_keys(struct bench *bench)
{
    struct inquiry *inquiry = bench->inquiry;
    const struct item *last = last_unfetched(inquiry);
    struct name none = {.size_bytes = 0};
    struct verdict verdict;
    struct hop hop;

    if (!last || bench->servfail->query_flags & DNS_CD)
        return false;
    hop_init(&hop, true, &none);
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (is_key_fetch(&inquiry->items[i]) && is_same_fetch(&inquiry->items[i], last))
            hop_add(&hop, &inquiry->items[i]);
    hop_judge(&hop, inquiry, &verdict);
    if (verdict.resolution != RESOLUTION_FAILED)
        return false;
    /* The question hangs on them, whenever that was. */
    for (unsigned i = 0; i < inquiry->item_count; i++)
        inquiry->items[i].active |=
            is_key_fetch(&inquiry->items[i]) && is_same_fetch(&inquiry->items[i], last);
    verdict_copy(&bench->verdict, &verdict);
    bench_adopt(bench, &verdict);
    bench->incident->confidence = CONFIDENCE_LIKELY;
    return true;
}

/* Stubs and forwarders may set CD=1 in all that they ask: an answer tells something only where the
 * resolver does validate, and what it was told can be signed. */
bool judge_by_unchecked(struct bench *bench)
{
    const struct servfail *servfail = bench->servfail;
    struct question_key question = key_of(servfail);
    int64_t unchecked_ns =
        failures_unchecked_ns(bench->knowledge->failures, &servfail->resolver, &question);

    if (servfail->query_flags & DNS_CD || unchecked_ns == NEVER ||
        unchecked_ns < servfail->time_ns - UNCHECKED_NS ||
        unchecked_ns > servfail->time_ns + FUTURE_NS || !bench_is_signed(bench) ||
        bench->validation.status == DNSSEC_INSECURE)
        return false;
    bench_decide(bench, CAUSE_DNSSEC_BOGUS, CONFIDENCE_LIKELY);
    bench_signed_zone(bench, &bench->incident->zone);
    return true;
}
