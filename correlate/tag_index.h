/* Finds items by a 64-bit key (a keyed hash): a look-up is one line of memory and a few steps,
 * without a loop as a rule, and touches hardly any item but the one that is looked for.
 *
 * Half a line of the cache is a bucket of six cells. A cell's tag, seven bits of the key, is
 * compared with those of the whole bucket at once. What finds its bucket full goes into the next
 * one that is not, and each bucket knows how many went past it: where none did a search ends. Half
 * of the cells are used at most.
 *
 * The items are the owner's, `stride` bytes apart, and each begins with its key; they are known by
 * their place. Keys differ: of several items with one key the owner chains all but one. */
#ifndef CORRELATE_TAG_INDEX_H
#define CORRELATE_TAG_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/rare.h"

#define TAG_CELLS 6

struct tag_bucket {
    /* An octet for each cell: 0x80 and the tag, or 0; the top one says how many went past. */
    uint64_t tags;
    uint32_t items[TAG_CELLS];
};

struct tag_index {
    struct tag_bucket *buckets;
    uint64_t mask;
    uint32_t used;
};

/* What an item costs at most: after it has grown, a quarter of the cells is used. */
#define TAG_ITEM_COST (4 * sizeof(struct tag_bucket) / TAG_CELLS)

#define TAG_LOWS        UINT64_C(0x0000010101010101)
#define TAG_HIGHS       UINT64_C(0x0000808080808080)
#define TAG_PASSED      (UINT64_C(1) << 56)
#define TAG_PASSED_MANY UINT64_C(0xff) /* not counted any more, until the index grows */

/* -1: out of memory. */
int tag_index_init(struct tag_index *index);
void tag_index_clear(struct tag_index *index); /* also one that is all zeros */

/* Makes it twice as large. -1: out of memory. */
int tag_index_grow(struct tag_index *index, const void *items, size_t stride);

/* As many as it takes before it has to grow. */
static inline uint64_t tag_index_room(const struct tag_index *index)
{
    return (index->mask + 1) * (TAG_CELLS / 2);
}

/* Makes room for one more. -1: no memory to grow, and no room. */
static inline int tag_index_reserve(struct tag_index *index, const void *items, size_t stride)
{
    if (index->used < tag_index_room(index) || tag_index_grow(index, items, stride) == 0)
        return 0;
    return index->used < 2 * tag_index_room(index) - 1 ? 0 : -1;
}

static inline struct tag_bucket *tag_bucket_of(const struct tag_index *index, uint64_t key)
{
    return &index->buckets[key & index->mask];
}

static inline struct tag_bucket *tag_bucket_next(const struct tag_index *index,
                                                 const struct tag_bucket *bucket)
{
    return &index->buckets[(uint64_t)(bucket - index->buckets + 1) & index->mask];
}

static inline uint64_t tag_of(uint64_t key)
{
    return 0x80 | key >> 57;
}

static inline uint64_t tag_passed(const struct tag_bucket *bucket)
{
    return bucket->tags / TAG_PASSED;
}

/* The cells that hold the tag, as the top bits of their octets; perhaps some that hold another. */
static inline uint64_t tag_matches(const struct tag_bucket *bucket, uint64_t key)
{
    uint64_t differences = bucket->tags ^ TAG_LOWS * tag_of(key);

    return (differences - TAG_LOWS) & ~differences & TAG_HIGHS;
}

static inline unsigned tag_cell(uint64_t matches)
{
    return (unsigned)__builtin_ctzll(matches) / 8;
}

/* The search from `bucket` on. */
RARE uint32_t *tag_index_search(const struct tag_index *index, struct tag_bucket *bucket,
                                uint64_t key, const void *items, size_t stride);

/* Where the item with this key stands; NULL: there is none. Mostly the first tag that matches is
 * the right one, or there is none and no other bucket to look at. */
static inline uint32_t *tag_index_find(const struct tag_index *index, uint64_t key,
                                       const void *items, size_t stride)
{
    struct tag_bucket *bucket = tag_bucket_of(index, key);
    uint64_t matches = tag_matches(bucket, key);

    if (matches) {
        uint32_t *item = &bucket->items[tag_cell(matches)];
        const void *begin = (const uint8_t *)items + *item * stride;

        if (*(const uint64_t *)begin == key)
            return item;
    } else if (tag_passed(bucket) == 0) {
        return NULL;
    }
    return tag_index_search(index, bucket, key, items, stride);
}

/* For an item that tag_index_reserve() made room for, and whose key no other has. */
static inline void tag_index_add(struct tag_index *index, uint64_t key, uint32_t item)
{
    struct tag_bucket *bucket = tag_bucket_of(index, key);
    uint64_t empty;

    while (!(empty = ~bucket->tags & TAG_HIGHS)) {
        if (tag_passed(bucket) < TAG_PASSED_MANY)
            bucket->tags += TAG_PASSED;
        bucket = tag_bucket_next(index, bucket);
    }
    bucket->tags |= tag_of(key) << 8 * tag_cell(empty);
    bucket->items[tag_cell(empty)] = item;
    index->used++;
}

/* `item` as found by its key. */
static inline void tag_index_remove(struct tag_index *index, uint64_t key, const uint32_t *item)
{
    struct tag_bucket *bucket = tag_bucket_of(index, key);
    size_t cell;

    while ((cell = (size_t)(item - bucket->items)) >= TAG_CELLS) {
        if (tag_passed(bucket) < TAG_PASSED_MANY)
            bucket->tags -= TAG_PASSED;
        bucket = tag_bucket_next(index, bucket);
    }
    bucket->tags &= ~(UINT64_C(0xff) << 8 * cell);
    index->used--;
}

/* Asks the processor to fetch what the look-up of a key will need. */
static inline void tag_index_prefetch(const struct tag_index *index, uint64_t key)
{
    __builtin_prefetch(tag_bucket_of(index, key), 1);
}

/* The item that most likely has the key, without a look at it; NULL: none in the first bucket. */
static inline const uint32_t *tag_index_guess(const struct tag_index *index, uint64_t key)
{
    const struct tag_bucket *bucket = tag_bucket_of(index, key);
    uint64_t matches = tag_matches(bucket, key);

    return matches ? &bucket->items[tag_cell(matches)] : NULL;
}

#endif
