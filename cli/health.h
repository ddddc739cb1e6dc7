/* Which source lost what: the decoder counts for all of them together, so its counters are read
 * whenever the stream goes over to another source. */
#ifndef CLI_HEALTH_H
#define CLI_HEALTH_H

#include "capture/frame.h"
#include "store/store.h"

struct health {
    struct source_health *sources; /* by number */
    uint32_t count;
    uint32_t current;
    struct decode_counters seen; /* as they were when the current source began */
};

int health_init(struct health *health, size_t source_count); /* -1: out of memory */
void health_clear(struct health *health);

/* These frames, one at least, come next. Takes the first of them as far as they have one source,
 * and returns how many; *first: there was none of that source before. */
size_t health_take(struct health *health, const struct decode_counters *counters,
                   const struct frame *frames, size_t count, bool *first);
/* The counts of all sources are as of now. */
void health_settle(struct health *health, const struct decode_counters *counters);
/* What was evicted was so for want of room for all of them; it stands at the last. */
void health_finish(struct health *health, const struct decode_counters *counters,
                   const struct correlate_counters *correlated);

#endif
