/* Where names lead by alias, for as long as a resolver may know it: its TTL. Of each name that was
 * answered with one, and of each DNAME, which holds for all names below its owner. Bounded. */
#ifndef CORRELATE_ALIASES_H
#define CORRELATE_ALIASES_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/answer.h"
#include "correlate/table.h"
#include "decode/event.h"

struct aliases;

struct aliases *aliases_new(uint64_t memory_bytes); /* NULL: out of memory */
void aliases_free(struct aliases *aliases);         /* NULL is fine */

/* Learns from an answer that is `chained`, from who may say so. DNAMEs are believed within the zone
 * that he was asked about, whose name has `zone_labels` labels and is an ancestor of the name
 * asked; LABELS_UNKNOWN: only those that the name asked lies below. */
void aliases_see_answer(struct aliases *aliases, const struct event *event,
                        const struct answer *answer, unsigned zone_labels);

/* Where `name` leads, as far as it was known at this time: false, it is not known to lead anywhere.
 */
bool aliases_follow(const struct aliases *aliases, const struct name *name, int64_t time_ns,
                    struct name *target);

/* Adds to what stands there. */
void aliases_count(const struct aliases *aliases, struct table_fill *fill);

#endif
