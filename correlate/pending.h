/* SERVFAILs to clients that wait for their judgement, in the order of their time. They wait packed:
 * a flood of them lives off the same memory as everybody else's, and the less one takes, the longer
 * all can be waited for. When there are too many, those are judged early whose names most of them
 * are of: the others can still be waited for. */
#ifndef CORRELATE_PENDING_H
#define CORRELATE_PENDING_H

#include <stdbool.h>

#include "correlate/judge.h"
#include "correlate/table.h"

struct pending;

struct pending *pending_new(uint64_t memory_bytes); /* NULL: out of memory */
void pending_free(struct pending *pending);

/* Copies it. Out of memory: it is lost, counted as judged early. */
void pending_add(struct pending *pending, const struct servfail *servfail);
/* The clock was set back: those that wait come before all that are added from now on. */
void pending_set_back(struct pending *pending);
/* Is the first of a clock that was set back since? Then there is nothing to wait for. */
bool pending_is_overdue(const struct pending *pending);
/* The time of the first one. False: none waits. */
bool pending_first(const struct pending *pending, int64_t *time_ns);
/* When that was asked; NEVER: not seen, or none waits. */
int64_t pending_first_asked_ns(const struct pending *pending);
/* Do more wait than there is room for? Then one is to be taken before its time. */
bool pending_is_over(const struct pending *pending);
/* Takes the first. There is one. */
void pending_take(struct pending *pending, struct servfail *servfail);
/* Takes the first of the party that has most, or where none has many, the first that came. There is
 * one. */
void pending_take_largest(struct pending *pending, struct servfail *servfail);
/* One that was taken could not be waited for as long as it should have been. */
void pending_count_early(struct pending *pending);
/* `evicted`: those that could not be waited for as long as they should have. */
void pending_count(const struct pending *pending, struct table_fill *fill);

#endif
