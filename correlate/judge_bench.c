#include "correlate/judge_bench.h"

#include <string.h>

void bench_adopt(struct bench *bench, const struct verdict *verdict)
{
    struct incident *incident = bench->incident;

    bench_decide(bench, verdict->cause, verdict->confidence);
    incident->zone = verdict->zone;
    incident->server_count = verdict->server_count;
    memcpy(incident->servers, verdict->servers,
           verdict->server_count * sizeof(verdict->servers[0]));
    incident->contributing_count = verdict->contributing_count;
    contributing_copy(incident->contributing, verdict->contributing, verdict->contributing_count);
}

void bench_contribute(struct bench *bench, enum cause cause, const struct name *zone,
                      const struct blamed_server *servers, unsigned server_count)
{
    struct incident *incident = bench->incident;

    if (incident->contributing_count < CONTRIBUTING_MAX)
        contributing_set(&incident->contributing[incident->contributing_count++], cause, zone,
                         servers, server_count);
}

void bench_signed_zone(const struct bench *bench, struct name *zone)
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

bool bench_may_be_bogus(const struct bench *bench)
{
    const struct dnssec_verdict *found = &bench->validation;

    return (found->status == DNSSEC_INDETERMINATE ||
            (found->status == DNSSEC_SECURE && found->unanchored)) &&
           bench_is_signed(bench) && !(bench->servfail->query_flags & DNS_CD);
}

bool bench_is_signed(const struct bench *bench)
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
