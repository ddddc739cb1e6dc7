/* SERVFAILs to clients that wait for their judgement, in the order of their time. They wait packed:
 * a flood of them lives off the same memory as everybody else's, and the less one takes, the longer
 * all can be waited for. */
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
/* The time of the first one. False: none waits. */
bool pending_first(const struct pending *pending, int64_t *time_ns);
/* Do more wait than there is room for? Then the first is to be taken, before its time. */
bool pending_is_over(const struct pending *pending);
/* Takes the first. */
void pending_take(struct pending *pending, struct servfail *servfail);
/* `evicted`: those that could not be waited for as long as they should have. */
void pending_count(const struct pending *pending, struct table_fill *fill);

#endif
