/* Signatures that near their end, and whether they were renewed (RFC 4034 section 3). */
#ifndef CORRELATE_ENDING_H
#define CORRELATE_ENDING_H

#include "correlate/answer.h"
#include "correlate/forecast_queue.h"
#include "correlate/inquiry.h"

struct endings;

/* What is found goes into the queue, which is borrowed. NULL: out of memory. */
struct endings *endings_new(uint64_t memory_bytes, struct forecast_queue *queue);
void endings_free(struct endings *endings); /* NULL is fine */

/* The first answer to an upstream query. Only what a server signs for zones that it may speak for
 * counts (see correlate/bailiwick.h). */
void endings_see_answer(struct endings *endings, const struct knowledge *knowledge,
                        const struct event *event, const struct exchange *exchange,
                        const struct answer *answer);

#endif
