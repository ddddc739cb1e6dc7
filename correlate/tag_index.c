#include "correlate/tag_index.h"

#include "correlate/memory.h"

#define BUCKETS_FIRST 32u

int tag_index_init(struct tag_index *index)
{
    index->buckets = memory_reserve(BUCKETS_FIRST, sizeof(*index->buckets));
    index->mask = BUCKETS_FIRST - 1;
    index->used = 0;
    return index->buckets ? 0 : -1;
}

void tag_index_clear(struct tag_index *index)
{
    memory_release(index->buckets, index->mask + 1, sizeof(*index->buckets));
}

int tag_index_grow(struct tag_index *index, const void *items, size_t stride)
{
    struct tag_index grown = {.mask = 2 * index->mask + 1};

    grown.buckets = memory_reserve(grown.mask + 1, sizeof(*grown.buckets));
    if (!grown.buckets)
        return -1;
    for (uint64_t i = 0; i <= index->mask; i++) {
        const struct tag_bucket *bucket = &index->buckets[i];

        for (uint64_t at = bucket->tags & TAG_HIGHS; at; at &= at - 1) {
            uint32_t item = bucket->items[tag_cell(at)];
            const void *begin = (const uint8_t *)items + item * stride;

            tag_index_add(&grown, *(const uint64_t *)begin, item);
        }
    }
    tag_index_clear(index);
    *index = grown;
    return 0;
}

uint32_t *tag_index_search(const struct tag_index *index, struct tag_bucket *bucket, uint64_t key,
                           const void *items, size_t stride)
{
    for (;; bucket = tag_bucket_next(index, bucket)) {
        for (uint64_t at = tag_matches(bucket, key); at; at &= at - 1) {
            uint32_t *item = &bucket->items[tag_cell(at)];
            const void *begin = (const uint8_t *)items + *item * stride;

            if (*(const uint64_t *)begin == key)
                return item;
        }
        if (tag_passed(bucket) == 0)
            return NULL;
    }
}
