#include "correlate/hop.h"
#include "correlate/verdict_private.h"

int zones_known_cut(const struct inquiry *inquiry, const struct target *target)
{
    struct name zone;

    return inquiry_deepest_cut(inquiry, &target->name, &zone) ? (int)name_labels(zone.bytes) : 0;
}

static bool same_step(const struct item *a, const struct item *b)
{
    return a->zone_labels == b->zone_labels && a->exchange->name_hash == b->exchange->name_hash &&
           a->exchange->qtype == b->exchange->qtype;
}

void zones_mark_passed(struct court *court, const struct target *target)
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

int zones_reached(const struct inquiry *inquiry, const struct target *target)
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

/* Was it heard of in this try, though by no referral: beside an alias that leads into it? */
static bool is_heard_of(const struct inquiry *inquiry, const struct target *target, int labels)
{
    const struct delegation *delegation;
    struct name zone;

    zone_of_labels(&target->name, (unsigned)labels, &zone);
    delegation = inquiry_delegation(inquiry, &zone);
    return target->why == DEPENDENCY_ALIAS && delegation &&
           delegation->touched_ns >= inquiry->begin_ns;
}

/* A server whose zone is not known must be one of the zone that the resolver was just referred to,
 * where the addresses of that zone's nameservers were not all seen. Who was referred nowhere knew
 * the zone before: the deepest one that is known, where none of its servers is; else which it is
 * nobody can tell. */
static unsigned guess_zone(const struct inquiry *inquiry, const struct target *target)
{
    int depth = zones_reached(inquiry, target), cut = zones_known_cut(inquiry, target);
    const struct delegation *delegation;
    struct name zone;

    if (cut > 0 && (depth <= 0 || (cut > depth && is_heard_of(inquiry, target, cut))) &&
        is_without_addresses(inquiry, target, cut))
        depth = cut;
    if (depth <= 0)
        return LABELS_UNKNOWN;
    zone_of_labels(&target->name, (unsigned)depth, &zone);
    delegation = inquiry_delegation(inquiry, &zone);
    for (unsigned i = 0; delegation && i < delegation->name_count; i++)
        if (!world_resolves(inquiry->knowledge->world, delegation, i))
            return (unsigned)depth;
    return LABELS_UNKNOWN;
}

static int depth_of(const struct item *item, unsigned guess)
{
    return (int)(item->zone_labels == LABELS_UNKNOWN ? guess : item->zone_labels);
}

int zones_deepest_failure(const struct court *court, const struct target *target, int least)
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

void zones_judge(const struct court *court, int index, int depth, struct verdict *verdict)
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
}

bool zones_asked(const struct inquiry *inquiry, const struct target *target, int depth)
{
    const struct item *items = target_items(inquiry, target);
    unsigned guess = guess_zone(inquiry, target);

    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active && !items[i].to_forwarder && items[i].outcome != OUTCOME_REFERRAL &&
            depth_of(&items[i], guess) == depth)
            return true;
    return false;
}
