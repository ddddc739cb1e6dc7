#include "correlate/judge_doubts.h"

#include "correlate/judge_upstream.h"
#include "correlate/unheard.h"

/* What the capture's own losses explain with more than this probability, in parts per million, says
 * nothing. */
#define LOSS_CHANCE_MAX 1000

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
    bench_decide(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, CONFIDENCE_LIKELY);
}

/* Of what is remembered of a fetch that is no incident, what that failed of. */
static enum cause cause_at_first(const struct incident *incident)
{
    return incident->origin == 0 ? incident_first_cause(incident) : incident->cause;
}

/* Nobody ever answers this resolver, and still it answers its clients well: a mirror of one
 * direction looks like that, too. Where nobody asks it either, it can be nothing else. */
static void weigh_one_sidedness(struct bench *bench)
{
    const struct server *resolver =
        parties_server(bench->knowledge->parties, &bench->servfail->resolver);
    enum cause cause = cause_at_first(bench->incident);

    if (!resolver || !upstream_is_one_sided(bench))
        return;
    if ((server_queries(resolver) == 0 && rests_on_silence(cause)) ||
        ((cause == CAUSE_UNREACHABLE_EGRESS_BLOCKED || cause == CAUSE_UNREACHABLE_BAD_ADDRESS) &&
         server_good_answers(resolver) > 0))
        decide_loss(bench);
}

static bool is_doubtful(const struct bench *bench, const struct address *server)
{
    const struct inquiry *inquiry = bench->inquiry;

    return unheard_may_answer(bench->knowledge->parties, inquiry->egresses, inquiry->egress_count,
                              server);
}

/* Who fails at once did not wait: there was an answer or an ICMP error that the capture lacks. Not
 * so who had found the servers dead before. */
static bool fails_at_once(const struct bench *bench)
{
    const struct incident *incident = bench->incident;
    const struct inquiry *inquiry = bench->inquiry;

    if (!rests_on_silence(incident->cause) || incident->server_count == 0 || !inquiry->live ||
        inquiry->failed_ns - inquiry->begin_ns >= FIRST_TIMER_NS)
        return false;
    for (unsigned i = 0; i < incident->server_count; i++) {
        const struct server *server =
            parties_server(bench->knowledge->parties, &incident->servers[i].address);

        if (!server || incident->servers[i].outcome != OUTCOME_TIMEOUT ||
            server_answered_query_ns(server) != NEVER ||
            server->open_query_ns < inquiry->begin_ns - ASKED_TIE_NS)
            return false;
    }
    return true;
}

/* Silence of servers whose answers the capture does not show says nothing. */
static void weigh_hearing(struct bench *bench)
{
    struct incident *incident = bench->incident;
    struct name none = {.size_bytes = 0};
    unsigned doubtful = 0;
    bool at_once;

    if (!rests_on_silence(cause_at_first(incident)))
        return;
    for (unsigned i = 0; i < incident->server_count; i++)
        doubtful += is_doubtful(bench, &incident->servers[i].address);
    at_once = fails_at_once(bench);
    if (doubtful == 0 && !at_once)
        return;
    if (doubtful == incident->server_count || (at_once && upstream_is_one_sided(bench))) {
        decide_loss(bench);
        return;
    }
    if (at_once)
        incident->confidence = CONFIDENCE_POSSIBLE;
    else if (incident->confidence == CONFIDENCE_CERTAIN)
        incident->confidence = CONFIDENCE_LIKELY;
    bench_contribute(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, &none, NULL, 0);
}

/* The snap length cuts answers short: an alias, a signature or what was wrong may have stood in
 * what is not to be seen. */
static void weigh_cuts(struct bench *bench)
{
    static const enum cause causes[] = {CAUSE_RESOLVER_NO_UPSTREAM, CAUSE_RESOLVER_DESPITE_ANSWERS,
                                        CAUSE_FORWARDER_DNSSEC_STRIPPED,
                                        CAUSE_UNATTRIBUTED_NO_EVIDENCE};
    const struct knowledge *knowledge = bench->knowledge;

    if (knowledge->answers_cut * 1000000 <= knowledge->answers_asked * LOSS_CHANCE_MAX)
        return;
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
        if (bench->incident->cause == causes[i]) {
            decide_loss(bench);
            return;
        }
}

/* The capture lost packets meanwhile: what it did not show may have been there. */
static void weigh_losses(struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;
    struct incident *incident = bench->incident;
    struct name none = {.size_bytes = 0};
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
    bench_contribute(bench, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, &none, NULL, 0);
}

/* What was not waited for long enough may have been answered, and what was too much to be looked at
 * may say otherwise. */
static void weigh_haste(struct bench *bench)
{
    struct incident *incident = bench->incident;
    bool early = bench->servfail->early && rests_on_silence(incident->cause);

    if ((early || bench->inquiry->truncated) && incident->confidence == CONFIDENCE_CERTAIN)
        incident->confidence = CONFIDENCE_LIKELY;
}

void judge_weigh_doubts(struct bench *bench)
{
    weigh_one_sidedness(bench);
    weigh_hearing(bench);
    weigh_cuts(bench);
    weigh_losses(bench);
    weigh_haste(bench);
}
