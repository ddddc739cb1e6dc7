#include <string.h>

#include "correlate/flight_private.h"
#include "decode/hash_words.h"

/* When there is no room for one more, room is made for this share of all. */
#define SWEPT_SHARE 8

static struct share *share_of(const struct flights *flights, const struct flight *flight)
{
    uint32_t mask = flights->share_mask;
    uint32_t at = (uint32_t)hash_address(&flight->asker) & mask;
    struct share *share = &flights->shares[at];

    while (share->example &&
           !address_equal(&flights->slots[share->example - 1].asker, &flight->asker)) {
        at = (at + 1) & mask;
        share = &flights->shares[at];
    }
    return share;
}

static void count_shares(struct flights *flights)
{
    memset(flights->shares, 0, ((size_t)flights->share_mask + 1) * sizeof(*flights->shares));
    for (uint32_t place = flights->row_begin; place < flights->row_end; place++) {
        uint32_t index = flights->row[place];
        struct share *share;

        if (index == NONE)
            continue;
        share = share_of(flights, &flights->slots[index]);
        if (share->count++ == 0)
            share->example = index + 1;
    }
}

/* What would be left if nobody held more than `most`. */
static uint64_t left_with(const struct flights *flights, uint32_t most)
{
    uint64_t left = 0;

    for (uint32_t i = 0; i <= flights->share_mask; i++)
        left += flights->shares[i].count < most ? flights->shares[i].count : most;
    return left;
}

/* The most that each may hold for no more than `target` to be left. */
static uint32_t fair_share(const struct flights *flights, uint32_t target)
{
    uint32_t low = 0, high = flights->used;

    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;

        if (left_with(flights, middle) <= target)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* By age, from those who hold more than their share. */
static void make_room(struct flights *flights)
{
    uint32_t target = flights->used - 1 - flights->used / SWEPT_SHARE, most;

    count_shares(flights);
    most = fair_share(flights, target);
    for (uint32_t place = flights->row_begin; flights->used > target && place < flights->row_end;
         place++) {
        uint32_t index = flights->row[place];
        struct share *share = index == NONE ? NULL : share_of(flights, &flights->slots[index]);

        if (!share || share->count <= most)
            continue;
        /* The example's address stays where it is until the slot is used again. */
        share->count--;
        flights->evicted++;
        flights_remove(flights, &flights->slots[index]);
    }
}

void flights_find_room(struct flights *flights)
{
    while (flights->used > 0 &&
           (flights->used == flights->capacity || flights->long_bytes > flights->long_limit_bytes))
        make_room(flights);
    while (flights->bucket_mask < flights->bucket_mask_max &&
           flights->used >= (flights->bucket_mask + 1) / BUCKETS_EACH)
        flights_set_buckets(flights, 2 * flights->bucket_mask + 1);
    flights->limit = (flights->bucket_mask + 1) / BUCKETS_EACH;
    if (flights->bucket_mask == flights->bucket_mask_max || flights->limit > flights->capacity)
        flights->limit = flights->capacity;
}
