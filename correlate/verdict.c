#include "correlate/verdict.h"

#include <string.h>

#include "correlate/hop.h"
#include "correlate/verdict_private.h"

/* More aliases than this in a row may be what a resolver stopped at, where nothing failed behind
 * them (unbound 11, the others some more). */
#define ALIASES_LIMIT 8

/* Nameservers' nameservers can be many, and come up again and again: bounds in time. No target is
 * judged within its own judgement, so that these are TARGETS_MAX deep at most, at some 40 kB of
 * stack each. */
#define JUDGEMENTS_MAX  512
#define ITEMS_HEARD_MAX (ITEMS_MAX + ITEMS_MAX / 2)

void verdict_init(struct verdict *verdict, enum resolution resolution)
{
    verdict->resolution = resolution;
    verdict->cause = CAUSE_COUNT;
    verdict->confidence = CONFIDENCE_POSSIBLE;
    verdict->zone.size_bytes = 0;
    verdict->server_count = verdict->contributing_count = 0;
    verdict->aliases = verdict->tries = 0;
    verdict->asked_servers = verdict->known_servers = 0;
}

void contributing_copy(struct contributing *to, const struct contributing *from, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        memcpy(&to[i], &from[i],
               offsetof(struct contributing, servers) +
                   from[i].server_count * sizeof(from[i].servers[0]));
}

void contributing_set(struct contributing *contributing, enum cause cause, const struct name *zone,
                      const struct blamed_server *servers, unsigned server_count)
{
    if (server_count > CONTRIBUTING_SERVERS_MAX)
        server_count = CONTRIBUTING_SERVERS_MAX;
    contributing->cause = cause;
    contributing->zone = *zone;
    contributing->server_count = server_count;
    if (server_count)
        memcpy(contributing->servers, servers, server_count * sizeof(*servers));
}

void verdict_copy(struct verdict *to, const struct verdict *from)
{
    memcpy(to, from, offsetof(struct verdict, servers));
    memcpy(to->servers, from->servers, from->server_count * sizeof(from->servers[0]));
    contributing_copy(to->contributing, from->contributing, from->contributing_count);
}

void verdict_fail(struct verdict *verdict, enum cause cause, enum confidence confidence,
                  const struct name *zone)
{
    verdict_init(verdict, RESOLUTION_FAILED);
    verdict->cause = cause;
    verdict->confidence = confidence;
    verdict->zone = *zone;
}

void verdict_contribute(struct verdict *verdict, enum cause cause, const struct name *zone,
                        const struct blamed_server *servers, unsigned server_count)
{
    if (verdict->contributing_count < CONTRIBUTING_MAX)
        contributing_set(&verdict->contributing[verdict->contributing_count++], cause, zone,
                         servers, server_count);
}

void servers_sort(struct blamed_server *servers, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        struct blamed_server moving = servers[i];
        unsigned at = i;

        for (; at > 0 && address_compare(&servers[at - 1].address, &moving.address) > 0; at--)
            servers[at] = servers[at - 1];
        servers[at] = moving;
    }
}

static bool asks_target(const struct item *item, const struct target *target)
{
    return item->exchange->qtype == target->qtype &&
           exchange_is_about(item->exchange, &target->name);
}

/* The newest answer that says all about the target. A referral says where to go on. */
static const struct item *final_answer(const struct inquiry *inquiry, const struct target *target)
{
    const struct item *items = target_items(inquiry, target), *newest = NULL;

    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active && items[i].usable && items[i].outcome != OUTCOME_REFERRAL &&
            asks_target(&items[i], target) &&
            (!newest || items[i].exchange->response_ns > newest->exchange->response_ns))
            newest = &items[i];
    return newest;
}

static int alias_child(const struct inquiry *inquiry, int parent)
{
    for (unsigned i = 0; i < inquiry->target_count; i++)
        if (inquiry->targets[i].parent == parent && inquiry->targets[i].why == DEPENDENCY_ALIAS)
            return (int)i;
    return -1;
}

bool verdict_was_asked(const struct inquiry *inquiry, const struct target *target)
{
    const struct item *items = target_items(inquiry, target);

    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active)
            return true;
    return false;
}

/* Aliases */

/* Did nothing fail but the resolver's patience? Of a chain that is too long the first alias that is
 * too many tells the zone. */
static bool has_no_fault(const struct verdict *verdict)
{
    return verdict->resolution != RESOLUTION_FAILED || verdict->cause == CAUSE_RESOLVER_LIMIT;
}

static void judge_alias(struct court *court, int index, const struct item *final,
                        struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    int child = alias_child(inquiry, index);
    struct name zone;
    unsigned aliases;

    item_zone(final, &zone);
    if (!zone.size_bytes && zones_known_cut(inquiry, &inquiry->targets[index]) > 0)
        zone_of_labels(&inquiry->targets[index].name,
                       (unsigned)zones_known_cut(inquiry, &inquiry->targets[index]), &zone);
    if (child >= 0 && inquiry->targets[child].loop) {
        verdict_fail(verdict, CAUSE_ZONE_CNAME_LOOP, CONFIDENCE_CERTAIN, &zone);
        return;
    }
    /* A nameserver's name must not be an alias (RFC 2181 section 10.3): it has no address, then. */
    if (child < 0 || final->to_forwarder || inquiry->targets[index].why == DEPENDENCY_NAMESERVER) {
        verdict_init(verdict, RESOLUTION_GOOD);
        return;
    }
    verdict_judge_target(court, child, verdict);
    if (verdict->resolution == RESOLUTION_UNASKED && final->exchange->kind == ANSWER_DATA)
        verdict_init(verdict, RESOLUTION_GOOD);
    aliases = verdict->aliases + 1;
    if (inquiry->targets[child].alias_depth > ALIASES_LIMIT && has_no_fault(verdict))
        verdict_fail(verdict, CAUSE_RESOLVER_LIMIT, CONFIDENCE_LIKELY, &zone);
    verdict->aliases = aliases;
}

/* Forwarders */

/* Did a forwarder bring the resolver further in what this one failed at? */
static bool is_forwarded(const struct inquiry *inquiry, const struct target *target,
                         const struct item *item)
{
    const struct item *items = target_items(inquiry, target);

    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active && items[i].usable && items[i].to_forwarder &&
            items[i].exchange->name_hash == item->exchange->name_hash &&
            items[i].exchange->qtype == item->exchange->qtype)
            return true;
    return false;
}

static bool judge_forwarders(struct court *court, int index, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct target *target = &inquiry->targets[index];
    const struct item *items = target_items(inquiry, target);
    struct name none = {.size_bytes = 0};
    struct hop hop;

    hop_init(&hop, true, &none);
    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active && items[i].to_forwarder && is_main(&items[i]) && !items[i].retried &&
            !is_forwarded(inquiry, target, &items[i]))
            hop_add(&hop, &items[i]);
    if (hop.address_count == 0)
        return false;
    hop_judge(&hop, inquiry, verdict);
    return verdict->resolution == RESOLUTION_FAILED;
}

static void judge_iteration(struct court *court, int index, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct target *target = &inquiry->targets[index];
    int depth = zones_reached(inquiry, target);
    int failed = zones_deepest_failure(court, target, depth);
    int cut = zones_known_cut(inquiry, target);

    if (cut < depth)
        cut = depth;
    if (failed >= 0) {
        zones_judge(court, index, failed, verdict);
    } else if (cut > 0 && !zones_asked(inquiry, target, cut)) {
        nameservers_judge(court, index, cut, verdict);
    } else if (depth >= 0) {
        verdict_init(verdict, RESOLUTION_GOOD);
    } else {
        verdict_init(verdict, RESOLUTION_UNASKED);
    }
}

static bool nameserver_was_asked_for(const struct inquiry *inquiry, int index)
{
    for (unsigned i = 0; i < inquiry->target_count; i++)
        if (inquiry->targets[i].parent == index &&
            inquiry->targets[i].why == DEPENDENCY_NAMESERVER &&
            verdict_was_asked(inquiry, &inquiry->targets[i]))
            return true;
    return false;
}

/* Nothing was asked for the name: its zone was known, and its nameservers are what is missing. Of a
 * nameserver's own name that may have been known, too. */
static void judge_unasked(struct court *court, int index, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct target *target = &inquiry->targets[index];
    int cut;

    verdict_init(verdict, RESOLUTION_UNASKED);
    if (target->why != DEPENDENCY_NAMESERVER && !nameserver_was_asked_for(inquiry, index))
        return;
    cut = zones_known_cut(inquiry, target);
    if (cut > 0)
        nameservers_judge(court, index, cut, verdict);
}

static bool is_below_known_cut(const struct inquiry *inquiry, const struct target *target,
                               const struct name *zone)
{
    return zone->size_bytes == 0 ||
           (int)name_labels(zone->bytes) >= zones_known_cut(inquiry, target);
}

/* The alias itself was still known: nothing was asked for again but what lies above its zone, and
 * then its target. What failed of the name's own zone comes first. */
static void judge_remembered_alias(struct court *court, int index, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    int alias = alias_child(inquiry, index);
    struct verdict beyond;

    if (alias < 0 || inquiry->targets[alias].loop ||
        (verdict->resolution == RESOLUTION_FAILED &&
         is_below_known_cut(inquiry, &inquiry->targets[index], &verdict->zone)))
        return;
    verdict_judge_target(court, alias, &beyond);
    if (beyond.resolution == RESOLUTION_UNASKED &&
        (verdict->resolution != RESOLUTION_UNASKED || verdict->zone.size_bytes))
        return;
    verdict_copy(verdict, &beyond);
    verdict->aliases++;
}

/* The order of precedence for one name: an answer, else the forwarder, else the first zone without
 * a usable answer, else its nameservers' names. */
void verdict_judge_target(struct court *court, int index, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct target *target = &inquiry->targets[index];
    const struct item *final = final_answer(inquiry, target);
    struct verdict forwarder;

    court->items_heard += target->item_count;
    if (court->judgements++ > JUDGEMENTS_MAX || court->items_heard > ITEMS_HEARD_MAX) {
        verdict_init(verdict, RESOLUTION_UNASKED);
        return;
    }
    court->in_progress[index] = true;
    if (!verdict_was_asked(inquiry, target)) {
        judge_unasked(court, index, verdict);
        judge_remembered_alias(court, index, verdict);
    } else if (final && final->outcome == OUTCOME_ALIAS) {
        judge_alias(court, index, final, verdict);
    } else if (final) {
        verdict_init(verdict, RESOLUTION_GOOD);
        item_zone(final, &verdict->zone);
    } else if (judge_forwarders(court, index, &forwarder)) {
        /* A resolver that falls back to iterating fails by what it then meets. */
        judge_iteration(court, index, verdict);
        if (verdict->resolution == RESOLUTION_FAILED)
            verdict_contribute(verdict, forwarder.cause, &forwarder.zone, forwarder.servers,
                               forwarder.server_count);
        else
            verdict_copy(verdict, &forwarder);
    } else {
        judge_iteration(court, index, verdict);
        judge_remembered_alias(court, index, verdict);
    }
    court->in_progress[index] = false;
}

void verdict_reach(const struct inquiry *inquiry, struct verdict *verdict)
{
    struct verdict keys;
    struct court court;

    court.inquiry = inquiry;
    court.judgements = court.items_heard = 0;
    memset(court.in_progress, 0, sizeof(court.in_progress));
    for (unsigned i = 0; i < inquiry->target_count; i++)
        zones_mark_passed(&court, &inquiry->targets[i]);
    verdict_judge_target(&court, 0, verdict);
    if (verdict->resolution == RESOLUTION_FAILED)
        return;
    for (unsigned i = 0; i < inquiry->target_count; i++) {
        if (inquiry->targets[i].why == DEPENDENCY_NAMESERVER)
            continue;
        if (keys_judge(inquiry, (int)i, &keys)) {
            verdict_copy(verdict, &keys);
            return;
        }
    }
}
