/* The parts of a judgement, for the files that it is divided into: verdict.c says in which order
 * they are heard. */
#ifndef CORRELATE_VERDICT_PRIVATE_H
#define CORRELATE_VERDICT_PRIVATE_H

#include "correlate/verdict.h"

/* One judgement under way: which targets are being judged, so that zones that need each other's
 * nameservers are seen. */
struct court {
    const struct inquiry *inquiry;
    bool in_progress[TARGETS_MAX];
    unsigned judgements, items_heard;
    bool passed[ITEMS_MAX]; /* of each item: somebody's answer to the same step was usable */
};

/* Is it a step down to the name itself, not one of DNSSEC's side steps? */
static inline bool is_main(const struct item *item)
{
    return item->why != DEPENDENCY_DS && item->why != DEPENDENCY_DNSKEY;
}

/* One name, and all that it depends on. */
void verdict_judge_target(struct court *court, int index, struct verdict *verdict);

/* Was anything sent for it in this try? */
bool verdict_was_asked(const struct inquiry *inquiry, const struct target *target);

/* verdict_zones.c: the way down through the zones. A step is (zone, name, type): it is passed when
 * one server's answer was usable. */

/* Marks the items whose step was passed. */
void zones_mark_passed(struct court *court, const struct target *target);
/* The labels of the deepest zone cut on the way to the target that is known, 0: none. */
int zones_known_cut(const struct inquiry *inquiry, const struct target *target);
/* How far down the resolver got: the labels of the deepest zone that somebody usable answered for
 * or referred to; -1: nowhere. */
int zones_reached(const struct inquiry *inquiry, const struct target *target);
/* The labels of the zone of the deepest step that failed, `least` or more; -1: none did. A server
 * whose zone is not known may be anywhere on the way: LABELS_UNKNOWN where no other failed. */
int zones_deepest_failure(const struct court *court, const struct target *target, int least);
/* Was anybody asked as a server of the zone with so many labels? (Not to be referred on.) */
bool zones_asked(const struct inquiry *inquiry, const struct target *target, int depth);
/* What the servers of such a zone did that were asked. */
void zones_judge(const struct court *court, int index, int depth, struct verdict *verdict);

/* verdict_nameservers.c: a zone is known, and none of its servers was asked. */
void nameservers_judge(struct court *court, int index, int depth, struct verdict *verdict);

/* verdict_keys.c: DNSSEC's side steps. What signatures say is for validation.h. */

/* Judges the DS and DNSKEY queries on the way to target `index`, from the root down. True and a
 * verdict where some could not be had at all. */
bool keys_judge(const struct inquiry *inquiry, int index, struct verdict *verdict);

#endif
