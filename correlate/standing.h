/* How the servers that a delegation lists stand to their zone: those that do not serve it, while
 * others do, may do or do not, and the nameserver of a zone that has but one.
 *
 * A server fails that answers without serving the zone, or that was silent several times in a row
 * over some seconds; where the zone's others fail, too, their silence counts together, since who
 * has many servers to try asks each of them seldom. A server works when it answered, none does
 * because nothing bad was heard of it: once a zone is in trouble the answers of its other servers
 * are told, too. Of an address that the delegation does not list nothing is told. */
#ifndef CORRELATE_STANDING_H
#define CORRELATE_STANDING_H

#include "correlate/forecast_queue.h"

struct standings;

/* What is found goes into the queue, which is borrowed. NULL: out of memory. */
struct standings *standings_new(uint64_t memory_bytes, struct forecast_queue *queue);
void standings_free(struct standings *standings); /* NULL is fine */

/* The first answer to an upstream query with RD=0. */
void standings_see_answer(struct standings *standings, const struct knowledge *knowledge,
                          const struct event *event, const struct exchange *exchange,
                          const struct answer *answer);
/* An upstream query with RD=0 is given up without an answer, the oldest first. */
void standings_see_silence(struct standings *standings, const struct knowledge *knowledge,
                           const struct exchange *exchange, int64_t now_ns);

#endif
