#include "correlate/verdict.h"

#include <string.h>

#include "correlate/keys.h"
#include "decode/codes.h"

/* More aliases than this in a row are what resolvers stop at (unbound 11, the others some more). */
#define ALIASES_LIMIT 8

/* One judgement under way: which targets are being judged, so that zones that need each other's
 * nameservers are seen. */
struct court {
    const struct inquiry *inquiry;
    bool in_progress[TARGETS_MAX];
    unsigned judgements, items_heard;
    bool passed[ITEMS_MAX]; /* of each item: somebody's answer to the same step was usable */
};

/* Nameservers' nameservers can be many, and come up again and again: bounds in time. */
#define JUDGEMENTS_MAX  512
#define ITEMS_HEARD_MAX (ITEMS_MAX + ITEMS_MAX / 2)

static void judge_target(struct court *court, int index, struct verdict *verdict);

void verdict_init(struct verdict *verdict, enum resolution resolution, int target)
{
    verdict->resolution = resolution;
    verdict->cause = CAUSE_COUNT;
    verdict->confidence = CONFIDENCE_POSSIBLE;
    verdict->zone.size_bytes = 0;
    verdict->server_count = verdict->contributing_count = 0;
    verdict->final_outcome = OUTCOME_COUNT;
    verdict->aliases = verdict->tries = 0;
    verdict->asked_servers = verdict->known_servers = 0;
    verdict->target = target;
}

void contributing_copy(struct contributing *to, const struct contributing *from, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        memcpy(&to[i], &from[i],
               offsetof(struct contributing, servers) +
                   from[i].server_count * sizeof(from[i].servers[0]));
}

void verdict_copy(struct verdict *to, const struct verdict *from)
{
    memcpy(to, from, offsetof(struct verdict, servers));
    memcpy(to->servers, from->servers, from->server_count * sizeof(from->servers[0]));
    contributing_copy(to->contributing, from->contributing, from->contributing_count);
}

void verdict_fail(struct verdict *verdict, enum cause cause, enum confidence confidence,
                  const struct name *zone, int target)
{
    verdict_init(verdict, RESOLUTION_FAILED, target);
    verdict->cause = cause;
    verdict->confidence = confidence;
    verdict->zone = *zone;
}

/* Is it a step down to the name itself, not one of DNSSEC's side steps? */
static bool is_main(const struct item *item)
{
    return item->why != DEPENDENCY_DS && item->why != DEPENDENCY_DNSKEY;
}

static bool asks_target(const struct item *item, const struct target *target)
{
    return item->exchange->qtype == target->qtype &&
           item->exchange->name_size == target->name.size_bytes &&
           memcmp(exchange_name_wire(item->exchange), target->name.bytes,
                  target->name.size_bytes) == 0;
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

/* Those that lead to this target's last; those before it are counted on the way back. */
static unsigned count_aliases(const struct inquiry *inquiry, int index)
{
    unsigned count = 0;

    for (; index >= 0; index = alias_child(inquiry, index))
        count++;
    return count;
}

static bool was_asked(const struct inquiry *inquiry, const struct target *target)
{
    const struct item *items = target_items(inquiry, target);

    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active)
            return true;
    return false;
}

/* The labels of the deepest zone cut on the way to the target that is known, 0: none. */
static int known_cut(const struct inquiry *inquiry, const struct target *target)
{
    for (unsigned at = name_labels(target->name.bytes); at > 0; at--) {
        struct name zone;

        zone_of_labels(&target->name, at, &zone);
        if (inquiry_delegation(inquiry, &zone))
            return (int)at;
    }
    return 0;
}

/* Aliases */

static void judge_alias(struct court *court, int index, const struct item *final,
                        struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    int child = alias_child(inquiry, index);
    struct name zone;

    item_zone(final, &zone);
    if (!zone.size_bytes && known_cut(inquiry, &inquiry->targets[index]) > 0)
        zone_of_labels(&inquiry->targets[index].name,
                       (unsigned)known_cut(inquiry, &inquiry->targets[index]), &zone);
    if (child >= 0 && inquiry->targets[child].loop) {
        verdict_fail(verdict, CAUSE_ZONE_CNAME_LOOP, CONFIDENCE_CERTAIN, &zone, index);
        return;
    }
    /* A nameserver's name must not be an alias (RFC 2181 section 10.3): it has no address, then. */
    if (child < 0 || final->to_forwarder || inquiry->targets[index].why == DEPENDENCY_NAMESERVER) {
        verdict_init(verdict, RESOLUTION_GOOD, index);
        verdict->final_outcome = final->outcome;
        return;
    }
    if (inquiry->targets[child].alias_depth > ALIASES_LIMIT) {
        verdict_fail(verdict, CAUSE_RESOLVER_LIMIT, CONFIDENCE_LIKELY, &zone, child);
        verdict->aliases = count_aliases(inquiry, child);
        return;
    }
    judge_target(court, child, verdict);
    if (verdict->resolution == RESOLUTION_UNASKED && final->exchange->kind == ANSWER_DATA) {
        verdict_init(verdict, RESOLUTION_GOOD, index);
        verdict->final_outcome = OUTCOME_ANSWER;
    }
    verdict->aliases++;
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
    verdict->target = index;
    return verdict->resolution == RESOLUTION_FAILED;
}

/* Zones. A step is (zone, name, type): it is passed when one server's answer was usable. */

static bool same_step(const struct item *a, const struct item *b)
{
    return a->zone_labels == b->zone_labels && a->exchange->name_hash == b->exchange->name_hash &&
           a->exchange->qtype == b->exchange->qtype;
}

/* Marks the items whose step was passed. */
static void mark_passed(struct court *court, const struct target *target)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct item *items = target_items(inquiry, target);
    const struct item *usable[TARGET_ITEMS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active && items[i].usable)
            usable[count++] = &items[i];
    for (unsigned i = 0; i < target->item_count; i++) {
        bool *passed = &court->passed[target->first_item + i];

        *passed = false;
        for (unsigned j = 0; j < count && !*passed; j++)
            *passed = same_step(usable[j], &items[i]);
    }
}

/* Did it fail, as a step between servers? */
static bool is_failed_step(const struct court *court, const struct item *item)
{
    return item->active && !item->usable && !item->retried && !item->to_forwarder &&
           is_main(item) && !court->passed[item - court->inquiry->items];
}

/* How far down the resolver got: the labels of the deepest zone that somebody usable answered for
 * or referred to; -1: nowhere. */
static int reached(const struct inquiry *inquiry, const struct target *target)
{
    const struct item *items = target_items(inquiry, target);
    int deepest = -1;

    for (unsigned i = 0; i < target->item_count; i++) {
        int labels;

        if (!items[i].active || !items[i].usable || items[i].to_forwarder || !is_main(&items[i]))
            continue;
        labels = items[i].outcome == OUTCOME_REFERRAL ? items[i].exchange->authority_labels
                                                      : items[i].zone_labels;
        if (labels != LABELS_UNKNOWN && labels > deepest)
            deepest = labels;
    }
    return deepest;
}

/* Is no address known of any nameserver of the zone? */
static bool is_without_addresses(const struct inquiry *inquiry, const struct target *target,
                                 int labels)
{
    struct glue listed[LISTED_MAX];
    struct name zone;

    zone_of_labels(&target->name, (unsigned)labels, &zone);
    return world_listed(inquiry->knowledge->world, inquiry_delegation(inquiry, &zone), listed,
                        LISTED_MAX) == 0;
}

/* A server whose zone is not known must be one of the zone that the resolver was just referred to,
 * where the addresses of that zone's nameservers were not all seen. Who was referred nowhere knew
 * the zone before: the deepest one that is known, where none of its servers is; else which it is
 * nobody can tell. */
static unsigned guess_zone(const struct inquiry *inquiry, const struct target *target)
{
    int depth = reached(inquiry, target), cut = known_cut(inquiry, target);
    const struct delegation *delegation;
    struct name zone;

    if (depth <= 0 && cut > 0 && is_without_addresses(inquiry, target, cut))
        depth = cut;
    if (depth <= 0)
        return LABELS_UNKNOWN;
    zone_of_labels(&target->name, (unsigned)depth, &zone);
    delegation = inquiry_delegation(inquiry, &zone);
    for (unsigned i = 0; delegation && i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);
        const struct host *host = world_host(inquiry->knowledge->world, name, size);

        if ((!host || host->count == 0) && !delegation_has_glue(delegation, i))
            return (unsigned)depth;
    }
    return LABELS_UNKNOWN;
}

static int depth_of(const struct item *item, unsigned guess)
{
    return (int)(item->zone_labels == LABELS_UNKNOWN ? guess : item->zone_labels);
}

/* The zone of the deepest step that failed, or -1. A server whose zone is not known may be anywhere
 * on the way: it counts where no other failed. */
static int deepest_failure(const struct court *court, const struct target *target, int least)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct item *items = target_items(inquiry, target);
    unsigned guess = guess_zone(inquiry, target);
    int deepest = -1;
    bool unknown = false;

    for (unsigned i = 0; i < target->item_count; i++) {
        int depth;

        if (!is_failed_step(court, &items[i]))
            continue;
        depth = depth_of(&items[i], guess);
        if (depth == LABELS_UNKNOWN)
            unknown = true;
        else if (depth >= least && depth > deepest)
            deepest = depth;
    }
    return deepest < 0 && unknown ? LABELS_UNKNOWN : deepest;
}

static void judge_zone(const struct court *court, int index, int depth, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct target *target = &inquiry->targets[index];
    const struct item *items = target_items(inquiry, target);
    unsigned guess = guess_zone(inquiry, target);
    struct name zone;
    struct hop hop;

    zone_of_labels(&target->name, (unsigned)depth, &zone);
    hop_init(&hop, false, &zone);
    for (unsigned i = 0; i < target->item_count; i++)
        if (depth_of(&items[i], guess) == depth && is_failed_step(court, &items[i]))
            hop_add(&hop, &items[i]);
    hop_judge(&hop, inquiry, verdict);
    verdict->target = index;
}

/* Nameservers: a zone was referred to, and none of its servers was asked. */

struct addresses {
    unsigned usable, special, ipv6;
};

static void count_address(const struct inquiry *inquiry, struct addresses *addresses,
                          const struct glue *listed)
{
    if (address_is_useless(inquiry, &listed->address, listed->is_aaaa))
        addresses->special++;
    else if (!address_is_ipv4(&listed->address))
        addresses->ipv6++;
    else
        addresses->usable++;
}

static void blame_listed(struct verdict *verdict, const struct delegation *delegation,
                         const struct glue *listed)
{
    struct blamed_server *server;
    const uint8_t *name;

    if (verdict->server_count == BLAMED_SERVERS_MAX)
        return;
    server = &verdict->servers[verdict->server_count++];
    server->address = listed->address;
    server->outcome = OUTCOME_BAD_ADDRESS;
    server->name.size_bytes = (uint8_t)delegation_name(delegation, listed->name_index, &name);
    memcpy(server->name.bytes, name, server->name.size_bytes);
}

/* No nameserver has a known address: what became of the search for one? */
static void judge_nameserver_names(struct court *court, int index, const struct name *zone,
                                   const struct delegation *delegation, struct verdict *verdict)
{
    static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
    const struct inquiry *inquiry = court->inquiry;
    unsigned missing = 0, loops = 0;
    struct verdict failure, found;

    verdict_init(&failure, RESOLUTION_UNASKED, index);
    for (unsigned i = 0; i < delegation->name_count * 2; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i / 2, &name);
        int child = inquiry_find_target(inquiry, name, size, types[i % 2]);

        if (child < 0)
            continue;
        if (court->in_progress[child]) {
            loops++;
            continue;
        }
        judge_target(court, child, &found);
        if (found.resolution == RESOLUTION_FAILED && found.cause == CAUSE_ZONE_DELEGATION_LOOP)
            loops++;
        if (found.resolution == RESOLUTION_FAILED && failure.resolution != RESOLUTION_FAILED)
            verdict_copy(&failure, &found);
        if (found.resolution == RESOLUTION_GOOD)
            missing++;
    }
    if (loops > 0) {
        verdict_fail(verdict, CAUSE_ZONE_DELEGATION_LOOP, CONFIDENCE_LIKELY, zone, index);
    } else if (failure.resolution == RESOLUTION_FAILED) {
        verdict_copy(verdict, &failure);
        verdict_contribute(verdict, CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, zone, NULL, 0);
    } else if (missing > 0) {
        verdict_fail(verdict, CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, CONFIDENCE_CERTAIN, zone, index);
    } else {
        verdict_init(verdict, RESOLUTION_UNASKED, index);
        verdict->zone = *zone;
    }
}

static void judge_nameservers(struct court *court, int index, int depth, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    struct addresses addresses = {0};
    const struct delegation *delegation;
    struct glue listed[LISTED_MAX];
    struct name zone;
    struct hop hop;
    size_t count;

    zone_of_labels(&inquiry->targets[index].name, (unsigned)depth, &zone);
    delegation = inquiry_delegation(inquiry, &zone);
    verdict_init(verdict, RESOLUTION_UNASKED, index);
    verdict->zone = zone;
    if (!delegation)
        return;
    hop_init(&hop, false, &zone);
    count = world_listed(inquiry->knowledge->world, delegation, listed, LISTED_MAX);
    for (size_t i = 0; i < count; i++) {
        count_address(inquiry, &addresses, &listed[i]);
        hop_add_connections(&hop, inquiry, &listed[i].address);
    }
    if (hop.address_count > 0) {
        hop_judge(&hop, inquiry, verdict);
        verdict->target = index;
    } else if (addresses.usable == 0 && addresses.special + addresses.ipv6 > 0 &&
               (addresses.ipv6 == 0 || ipv6_use(inquiry).answers == 0)) {
        verdict_fail(verdict, CAUSE_UNREACHABLE_BAD_ADDRESS,
                     addresses.ipv6 ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN, &zone, index);
        for (size_t i = 0; i < count; i++)
            blame_listed(verdict, delegation, &listed[i]);
    } else if (count == 0) {
        judge_nameserver_names(court, index, &zone, delegation, verdict);
    }
}

static bool zone_was_asked(const struct inquiry *inquiry, const struct target *target, int depth)
{
    const struct item *items = target_items(inquiry, target);
    unsigned guess = guess_zone(inquiry, target);

    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active && !items[i].to_forwarder && items[i].outcome != OUTCOME_REFERRAL &&
            depth_of(&items[i], guess) == depth)
            return true;
    return false;
}

static void judge_iteration(struct court *court, int index, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct target *target = &inquiry->targets[index];
    int depth = reached(inquiry, target);
    int failed = deepest_failure(court, target, depth);
    int cut = known_cut(inquiry, target);

    if (cut < depth)
        cut = depth;
    if (failed >= 0) {
        judge_zone(court, index, failed, verdict);
    } else if (cut > 0 && !zone_was_asked(inquiry, target, cut)) {
        judge_nameservers(court, index, cut, verdict);
    } else if (depth >= 0) {
        verdict_init(verdict, RESOLUTION_GOOD, index);
    } else {
        verdict_init(verdict, RESOLUTION_UNASKED, index);
    }
}

static bool nameserver_was_asked_for(const struct inquiry *inquiry, int index)
{
    for (unsigned i = 0; i < inquiry->target_count; i++)
        if (inquiry->targets[i].parent == index &&
            inquiry->targets[i].why == DEPENDENCY_NAMESERVER &&
            was_asked(inquiry, &inquiry->targets[i]))
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

    verdict_init(verdict, RESOLUTION_UNASKED, index);
    if (target->why != DEPENDENCY_NAMESERVER && !nameserver_was_asked_for(inquiry, index))
        return;
    cut = known_cut(inquiry, target);
    if (cut > 0)
        judge_nameservers(court, index, cut, verdict);
}

static bool is_below_known_cut(const struct inquiry *inquiry, const struct target *target,
                               const struct name *zone)
{
    return zone->size_bytes == 0 || (int)name_labels(zone->bytes) >= known_cut(inquiry, target);
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
    judge_target(court, alias, &beyond);
    if (beyond.resolution == RESOLUTION_UNASKED &&
        (verdict->resolution != RESOLUTION_UNASKED || verdict->zone.size_bytes))
        return;
    verdict_copy(verdict, &beyond);
    verdict->aliases++;
}

/* The order of precedence for one name: an answer, else the forwarder, else the first zone without
 * a usable answer, else its nameservers' names. */
static void judge_target(struct court *court, int index, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    const struct target *target = &inquiry->targets[index];
    const struct item *final = final_answer(inquiry, target);
    struct verdict forwarder;

    court->items_heard += target->item_count;
    if (court->judgements++ > JUDGEMENTS_MAX || court->items_heard > ITEMS_HEARD_MAX) {
        verdict_init(verdict, RESOLUTION_UNASKED, index);
        return;
    }
    court->in_progress[index] = true;
    if (!was_asked(inquiry, target)) {
        judge_unasked(court, index, verdict);
        judge_remembered_alias(court, index, verdict);
    } else if (final && final->outcome == OUTCOME_ALIAS) {
        judge_alias(court, index, final, verdict);
    } else if (final) {
        verdict_init(verdict, RESOLUTION_GOOD, index);
        verdict->final_outcome = final->outcome;
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
        mark_passed(&court, &inquiry->targets[i]);
    judge_target(&court, 0, verdict);
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
