/* Finds items of an array by a key with which each of them begins, by open addressing: a probe is
 * mostly one line of memory and does not touch the items themselves. A cell's tag, the key's upper
 * half, also says where it belongs, so that cells can be moved without their items. Keys must be
 * hashes. Grows with what is in it, for a small index to stay in the cache. */
#ifndef CORRELATE_INDEX_H
#define CORRELATE_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct cell {
    uint32_t tag;
    uint32_t item; /* its number + 1; 0: empty */
};

struct index {
    struct cell *cells;
    uint32_t mask;
    uint32_t used;
};

/* What an item costs at most: after it has grown an index is three eighths full. */
#define INDEX_ITEM_COST (sizeof(struct cell) * 8 / 3)

int index_init(struct index *index); /* -1: out of memory */
void index_clear(struct index *index);

/* Makes room for one more. -1: no memory to grow, and no room. */
int index_reserve(struct index *index);
/* There must be room, and the key must not be there yet. */
void index_add(struct index *index, uint64_t key, uint32_t item);
/* The cell of `key` among `items`, `stride` bytes apart; NULL: none. Valid until one is added or
 * removed. */
struct cell *index_find(const struct index *index, uint64_t key, const void *items, size_t stride);
/* The first cell that may be it, without a look at the items. */
const struct cell *index_find_likely(const struct index *index, uint64_t key);
void index_remove(struct index *index, const struct cell *cell);

static inline uint32_t index_tag(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

static inline uint32_t cell_item(const struct cell *cell)
{
    return cell->item - 1;
}

static inline void cell_set_item(struct cell *cell, uint32_t item)
{
    cell->item = item + 1;
}

static inline void index_prefetch(const struct index *index, uint64_t key)
{
    __builtin_prefetch(&index->cells[index_tag(key) & index->mask], 1);
}

#endif
