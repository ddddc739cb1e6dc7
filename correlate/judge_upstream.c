#include "correlate/judge_upstream.h"

#include "correlate/dead_servers.h"
#include "correlate/judge_ede.h"
#include "correlate/lost_family.h"

/* A name's own failure is remembered about this long (named 1 s, unbound 5 s, pdns a minute): in a
 * younger capture, a failure out of nothing may be the memory of one before the capture. What is
 * remembered of servers lasts longer (FAILURE_MEMORY_NS). */
#define NAME_MEMORY_NS (60 * SECOND_NS)
/* An answer from memory takes no time; one that took this long was worked for. */
#define MEMORY_LATENCY_NS (200 * MILLISECOND_NS)
/* Who talked to port 853 no longer ago than this still does. */
#define ENCRYPTED_NS (60 * SECOND_NS)
/* A question may join a fetch that began this much earlier. */
#define JOINED_NS (2 * SECOND_NS)
/* A zone whose servers answered a query no older than this is being asked about. */
#define LIMITED_NS (2 * SECOND_NS)

static bool has_upstream_side(const struct bench *bench, bool *answers)
{
    bool queries = false;

    *answers = false;
    for (size_t i = 0; i < bench->inquiry->egress_count; i++) {
        const struct asker *asker =
            parties_asker(bench->knowledge->parties, &bench->inquiry->egresses[i]);

        if (!asker)
            continue;
        queries |= asker_sends(asker);
        *answers |= asker->answers_received > 0;
    }
    return queries;
}

bool upstream_is_one_sided(const struct bench *bench)
{
    bool answers, queries = has_upstream_side(bench, &answers);
    const struct server *resolver =
        parties_server(bench->knowledge->parties, &bench->servfail->resolver);

    return (queries && !answers) || (!queries && resolver && server_good_answers(resolver) > 0);
}

bool upstream_was_evicted(const struct bench *bench)
{
    const struct exchange_table *exchanges = bench->knowledge->exchanges;
    int64_t asked_ns = bench->inquiry->asked_ns, well_ns = exchange_lost_well_ns(exchanges);

    /* Of the name itself no more was lost since the SERVFAIL came. */
    if (!bench->inquiry->live && exchange_lost_wanted_ns(exchanges) <= asked_ns - JOINED_NS)
        well_ns = bench->servfail->lost_ns;
    return exchange_lost_unwell_ns(exchanges) > asked_ns - NAME_MEMORY_NS ||
           well_ns > asked_ns - JOINED_NS;
}

bool upstream_is_encrypted(const struct bench *bench)
{
    const struct parties *parties = bench->knowledge->parties;
    int64_t since_ns = bench->inquiry->asked_ns - ENCRYPTED_NS;

    if (parties_encrypted_ns(parties, &bench->servfail->resolver) >= since_ns)
        return true;
    for (size_t i = 0; i < bench->inquiry->egress_count; i++)
        if (parties_encrypted_ns(parties, &bench->inquiry->egresses[i]) >= since_ns)
            return true;
    return false;
}

/* Did the resolver send or get anything upstream, for whatever question, since this one came? Then
 * this one's target may be among it, by an alias that is older than the capture. */
static bool was_at_work(const struct bench *bench)
{
    for (size_t i = 0; i < bench->inquiry->egress_count; i++) {
        const struct asker *asker =
            parties_asker(bench->knowledge->parties, &bench->inquiry->egresses[i]);

        if (asker && asker_touched_by(asker, bench->inquiry->asked_ns))
            return true;
    }
    return false;
}

/* A name beside this one failed of servers whose zone the capture does not show: unbound probes
 * dead servers seldom, and holds them for dead for as long as they stay silent. */
static bool may_share_a_zone_that_failed(const struct bench *bench)
{
    return failures_of_siblings(bench->knowledge->failures, &bench->canonical,
                                &bench->servfail->qname, bench->servfail->qclass,
                                bench->inquiry->failed_ns) != NULL;
}

/* Names of one party fail at once and in numbers, while the zone's servers answer others: the
 * resolver has a limit to what it asks about one zone (unbound's ratelimit, BIND's fetches-per-zone
 * and fetches-per-server). */
static bool judge_by_quota(struct bench *bench, int64_t age_ns)
{
    struct name zone;

    if (bench->inquiry->target_count == 0 || bench->around->siblings < LIMITED_SIBLINGS ||
        !dead_servers_disproved(bench->inquiry, bench->inquiry->asked_ns - LIMITED_NS, &zone))
        return false;
    /* Or a zone below it is held for dead since before the capture. */
    bench_decide(bench, CAUSE_RESOLVER_LIMIT,
                 age_ns < FAILURE_MEMORY_NS ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    bench->incident->zone = zone;
    return true;
}

static bool judge_by_lost_family(struct bench *bench)
{
    if (!bench->inquiry->live || !lost_family_find(bench->inquiry, &bench->verdict))
        return false;
    bench_adopt(bench, &bench->verdict);
    return true;
}

void judge_without_upstream(struct bench *bench)
{
    const struct servfail *servfail = bench->servfail;
    bool answers, queries = has_upstream_side(bench, &answers);
    int64_t age_ns = bench->inquiry->asked_ns - bench->knowledge->first_ns;
    int64_t memory_ns =
        dead_servers_are_excluded(bench->inquiry) ? NAME_MEMORY_NS : FAILURE_MEMORY_NS;
    bool worked =
        servfail->asked_ns != NEVER && servfail->time_ns - servfail->asked_ns > MEMORY_LATENCY_NS;

    if (upstream_is_encrypted(bench))
        bench_decide(bench, CAUSE_UNATTRIBUTED_ENCRYPTED_UPSTREAM, CONFIDENCE_LIKELY);
    else if (!queries && judge_by_ede(bench, EDE_HIDDEN))
        return;
    else if (servfail->asked_ns == NEVER && queries && age_ns >= NAME_MEMORY_NS)
        bench_decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS,
                     CONFIDENCE_LIKELY); /* or it is forged */
    else if (bench_is_in_distress(bench) && queries)
        bench_decide(bench, CAUSE_RESOLVER_OVERLOAD, CONFIDENCE_LIKELY);
    else if (judge_by_lost_family(bench))
        return;
    else if (bench->inquiry->live) /* there was work: only where it ended is not to be seen */
        bench_decide(bench, CAUSE_UNATTRIBUTED_NO_EVIDENCE, CONFIDENCE_LIKELY);
    else if ((!worked || was_at_work(bench)) &&
             (age_ns < memory_ns || may_share_a_zone_that_failed(bench)))
        bench_decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_START, CONFIDENCE_LIKELY);
    else if (queries && !worked && judge_by_quota(bench, age_ns))
        return;
    else
        bench_decide(bench, CAUSE_RESOLVER_NO_UPSTREAM,
                     queries && age_ns >= memory_ns ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
}
