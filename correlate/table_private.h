/* What a table is made of, for the files that it is divided into. */
#ifndef CORRELATE_TABLE_PRIVATE_H
#define CORRELATE_TABLE_PRIVATE_H

#include "correlate/table.h"
#include "correlate/tag_index.h"

#define NONE   UINT32_MAX
#define LEVELS 32 /* holders by the logarithm of their number of slots */

#define CACHE_LINE 64
/* A table with fewer slots counts them all whenever one has to go. */
#define SMALL 1024

/* Stands before each slot's payload. */
struct entry {
    uint64_t key; /* first, as in struct holder: the indexes look there */
    uint32_t
        same_key_next; /* the next older one with this key; of a free entry, the next free one */
    uint32_t holder;   /* NONE: not settled */
    union {
        uint64_t holder_key; /* until it is settled */
        struct {
            uint32_t holder_older, holder_younger;
        };
    };
    uint32_t older, younger;
};

struct holder {
    uint64_t key;
    uint32_t free_next;
    uint32_t slots;
    uint32_t oldest, youngest;
    uint32_t level_previous, level_next;
};

/* A doubly linked list of indexes, oldest at the head. */
struct list {
    uint32_t head, tail;
};

struct table {
    uint8_t *entries;
    size_t stride;
    /* What divides by it: a right shift by its zeros and a product modulo 2^64 with the inverse of
     * the odd rest are exact for its multiples, at a tenth of what a division takes. */
    unsigned stride_zeros;
    uint64_t stride_inverse;
    uint32_t capacity;
    uint32_t fresh; /* entries at and above were never used */
    uint32_t free;  /* a chain, last freed first: it is still in the cache */
    uint32_t used;
    struct list age;
    /* Who holds how many slots matters only when one has to go: entries from this one on, by age,
     * are not settled with their holders yet. While a table has room, its slots come and go
     * without; of a full one the youngest part does, for whom they belong to may still change. */
    uint32_t unsettled;
    uint32_t unsettled_count;
    struct tag_index by_key; /* the newest entry of each key */

    struct holder *holders;
    struct tag_index by_holder;
    uint32_t holder_fresh;
    uint32_t holder_free;
    struct list levels[LEVELS];

    uint64_t evicted;
    bool crowded; /* at the last eviction nobody was large */
    table_release_function release;
    table_holder_function tell_holder; /* NULL: an entry's holder_key does */
    void *context;
};

static inline struct entry *entry_at(const struct table *table, uint32_t index)
{
    return (struct entry *)(void *)(table->entries + (size_t)index * table->stride);
}

static inline struct entry *entry_of(const void *slot)
{
    return (struct entry *)(uintptr_t)((const uint8_t *)slot - sizeof(struct entry));
}

static inline void *slot_of(struct entry *entry)
{
    return entry + 1;
}

/* table_holders.c: who holds how many slots, and which. */

/* -1: there is no room for another holder. */
int holders_reserve(struct table *table);
/* Settles the entry with its holder: `holder_key`, or whom the table's owner tells. There is room.
 */
void holders_join(struct table *table, struct entry *entry, uint32_t index);
void holders_leave(struct table *table, struct entry *entry);
/* The oldest entry of the largest holder, or NONE: nobody is large. */
uint32_t holders_oldest_of_largest(const struct table *table);

#endif
