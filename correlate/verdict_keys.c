#include "correlate/hop.h"
#include "correlate/verdict_private.h"
#include "decode/codes.h"

static bool is_about(const struct item *item, enum dependency why, const struct name *zone)
{
    return item->active && item->why == why && exchange_is_about(item->exchange, zone);
}

static bool is_secure(const struct inquiry *inquiry, const struct target *target,
                      const struct name *zone)
{
    const struct delegation *delegation = inquiry_delegation(inquiry, zone);
    const struct item *items = target_items(inquiry, target);

    if (zone->size_bytes == 1 || (delegation && delegation->secure))
        return true;
    for (unsigned i = 0; i < target->item_count; i++)
        if (is_about(&items[i], DEPENDENCY_DS, zone) && items[i].outcome == OUTCOME_ANSWER)
            return true;
    return false;
}

/* Does one of the servers answer for the zone, only not for its keys? */
static bool serves_otherwise(const struct inquiry *inquiry, const struct hop *hop,
                             const struct name *zone)
{
    for (unsigned i = 0; i < hop->address_count; i++)
        if (world_answered_for(inquiry->knowledge->world, &hop->addresses[i].address, zone->bytes,
                               zone->size_bytes))
            return true;
    return false;
}

/* There is no root without keys where the resolver has an anchor for it: who says so does not know
 * what he is asked for. */
static void blame_forwarders(const struct target *target, const struct item *items,
                             const struct name *root, struct verdict *verdict)
{
    struct name none = {.size_bytes = 0};
    unsigned known;

    verdict_fail(verdict, CAUSE_FORWARDER_INVALID_RESPONSE, CONFIDENCE_LIKELY, &none);
    for (unsigned i = 0; i < target->item_count; i++) {
        const struct address *forwarder = &items[i].exchange->server;

        if (!is_about(&items[i], DEPENDENCY_DNSKEY, root) || items[i].retried)
            continue;
        for (known = 0; known < verdict->server_count &&
                        !address_equal(&verdict->servers[known].address, forwarder);)
            known++;
        if (known == verdict->server_count && known < BLAMED_SERVERS_MAX)
            verdict->servers[verdict->server_count++] =
                (struct blamed_server){.address = *forwarder, .outcome = items[i].outcome};
        verdict->tries++;
    }
    verdict->asked_servers = verdict->server_count;
    servers_sort(verdict->servers, verdict->server_count);
}

/* True when the zone's DS or DNSKEY records could not be had. */
static bool judge_key_step(const struct inquiry *inquiry, int index, const struct name *zone,
                           enum dependency why, struct verdict *verdict)
{
    const struct target *target = &inquiry->targets[index];
    const struct item *items = target_items(inquiry, target);
    bool asked = false, forwarded = false, denied = false, failed = false, silent = false;
    struct name parent = *zone;
    struct hop hop;

    if (why == DEPENDENCY_DS && zone->size_bytes > 1)
        zone_of_labels(zone, name_labels(zone->bytes) - 1, &parent);
    for (unsigned i = 0; i < target->item_count; i++) {
        if (!is_about(&items[i], why, zone) || items[i].retried)
            continue;
        if (items[i].outcome == OUTCOME_ANSWER || items[i].outcome == OUTCOME_NOT_SEEN ||
            (items[i].usable && why == DEPENDENCY_DS))
            return false;
        asked = true;
        forwarded |= items[i].to_forwarder;
        denied |= items[i].usable;
        failed |= !items[i].usable && items[i].exchange->responded;
        silent |= !items[i].exchange->responded;
        if (!items[i].to_forwarder && items[i].zone_labels != LABELS_UNKNOWN)
            item_zone(&items[i], &parent);
    }
    if (!asked)
        return false;
    if (denied && !failed) {
        if (!is_secure(inquiry, target, zone))
            return false;
        if (forwarded && zone->size_bytes == 1) {
            blame_forwarders(target, items, zone, verdict);
            return true;
        }
        verdict_fail(verdict, CAUSE_DNSSEC_DNSKEY_MISSING,
                     silent ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN, zone);
        return true;
    }
    hop_init(&hop, forwarded, &parent);
    for (unsigned i = 0; i < target->item_count; i++)
        if (is_about(&items[i], why, zone) && !items[i].retried)
            hop_add(&hop, &items[i]);
    hop_judge(&hop, inquiry, verdict);
    if (why == DEPENDENCY_DNSKEY && verdict->cause == CAUSE_LAME_REFUSED &&
        serves_otherwise(inquiry, &hop, zone))
        verdict->cause = CAUSE_DNSSEC_DNSKEY_MISSING;
    return verdict->resolution == RESOLUTION_FAILED;
}

bool keys_judge(const struct inquiry *inquiry, int index, struct verdict *verdict)
{
    const struct target *target = &inquiry->targets[index];
    unsigned labels = name_labels(target->name.bytes);
    struct name zone;

    for (unsigned at = 0; at <= labels; at++) {
        zone_of_labels(&target->name, at, &zone);
        if (judge_key_step(inquiry, index, &zone, DEPENDENCY_DS, verdict) ||
            judge_key_step(inquiry, index, &zone, DEPENDENCY_DNSKEY, verdict))
            return true;
    }
    return false;
}
