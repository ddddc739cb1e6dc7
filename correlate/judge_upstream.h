/* How much of the resolver's upstream side this capture shows, and what it means that it shows
 * nothing for a question. */
#ifndef CORRELATE_JUDGE_UPSTREAM_H
#define CORRELATE_JUDGE_UPSTREAM_H

#include "correlate/judge_bench.h"

/* It gets answers somewhere, and not a packet of that was captured. */
bool upstream_is_one_sided(const struct bench *bench);
/* What would decide may have had to make room: a failure that is remembered, or the work for this
 * question. */
bool upstream_was_evicted(const struct bench *bench);
/* It was seen to talk to port 853 lately. */
bool upstream_is_encrypted(const struct bench *bench);

/* Nothing upstream, and nothing in memory that this capture knows of: decides why that may be. */
void judge_without_upstream(struct bench *bench);

#endif
