/* Inside of flight.h, for its own files: flight.c (queries and responses), flight_room.c (who goes
 * when there is no room for one more). */
#ifndef CORRELATE_FLIGHT_PRIVATE_H
#define CORRELATE_FLIGHT_PRIVATE_H

#include "correlate/flight.h"
#include "decode/rare.h"

#define NONE UINT32_MAX
/* Buckets for each flight. */
#define BUCKETS_EACH 4

/* What a client holds, while room is made. */
struct share {
    uint32_t example; /* one of its flights, + 1; 0: empty */
    uint32_t count;
};

/* A key's bucket is a chain, the newest first, and there are so many buckets that hardly any holds
 * two. By age, slots stand in one long row, where those that go leave their place empty: nearly all
 * go soon, without a look at their neighbours, and the row moves together when its end is reached.
 */
struct flights {
    struct flight *slots;
    uint32_t *buckets; /* a slot or NONE */
    uint32_t *row;     /* a slot or NONE */
    uint32_t bucket_mask, bucket_mask_max;
    uint32_t row_begin, row_end; /* from the oldest on, up to behind the youngest */
    uint32_t row_looked;         /* flights_slow() has looked at those before */
    uint32_t capacity, used;
    uint32_t limit; /* what may be in use before flights_find_room() has to look for more */
    uint32_t fresh; /* slots at and above were never used */
    uint32_t free;  /* a chain, last freed first: it is still in the cache */
    struct share *shares;
    uint32_t share_mask;
    uint64_t long_bytes, long_limit_bytes; /* of names that do not fit in */
    uint64_t evicted;
};

/* For one more: `limit` is above `used` afterwards. */
RARE void flights_find_room(struct flights *flights);
/* One more than `mask` of them, a power of two. */
void flights_set_buckets(struct flights *flights, uint32_t mask);

#endif
