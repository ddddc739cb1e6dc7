/* Minute counters on their way out. What is told of one minute in several parts (a server's queries
 * and answers that come from two interfaces, a question that is given up minutes later) is put
 * together here as far as it meets in time, so that it costs the store one row and not one for each
 * packet. */
#ifndef CORRELATE_MINUTES_H
#define CORRELATE_MINUTES_H

#include <stdbool.h>

#include "correlate/correlator.h"
#include "correlate/table.h"

struct minutes;

/* What waits takes no more than `memory_bytes`. NULL: out of memory. */
struct minutes *minutes_new(uint64_t memory_bytes);
void minutes_free(struct minutes *minutes);

/* Adds it to what waits of the same minute. When there is no memory it is lost, counted. */
void minutes_add(struct minutes *minutes, const struct minute_counters *minute);
/* What is of minutes that are over at `until_ns` is not to wait any longer; INT64_MAX: all. */
void minutes_release(struct minutes *minutes, int64_t until_ns);
/* Is there something to be handed out? */
bool minutes_are_due(const struct minutes *minutes);
/* The next one of those that are due, the most asked first, those alike in order of time and
 * address; NULL: nothing is due. Borrowed until the next call. */
const struct minute_counters *minutes_next(struct minutes *minutes);

void minutes_count(const struct minutes *minutes, struct table_fill *fill);

#endif
