#include "correlate/index.h"

#include "correlate/memory.h"

#define CELLS_FIRST 64u

int index_init(struct index *index)
{
    index->cells = memory_reserve(CELLS_FIRST, sizeof(*index->cells));
    index->mask = CELLS_FIRST - 1;
    index->used = 0;
    return index->cells ? 0 : -1;
}

void index_clear(struct index *index)
{
    memory_release(index->cells, (size_t)index->mask + 1, sizeof(*index->cells));
}

static void put(struct index *index, struct cell cell)
{
    uint32_t at = cell.tag & index->mask;

    while (index->cells[at].item)
        at = (at + 1) & index->mask;
    index->cells[at] = cell;
}

int index_reserve(struct index *index)
{
    struct index grown = {.mask = 2 * index->mask + 1};

    if (index->used + 1 <= (index->mask + 1) / 4 * 3)
        return 0;
    grown.cells = memory_reserve((size_t)grown.mask + 1, sizeof(*grown.cells));
    if (!grown.cells)
        return index->used < index->mask ? 0 : -1;
    for (uint32_t i = 0; i <= index->mask; i++)
        if (index->cells[i].item)
            put(&grown, index->cells[i]);
    grown.used = index->used;
    index_clear(index);
    *index = grown;
    return 0;
}

void index_add(struct index *index, uint64_t key, uint32_t item)
{
    put(index, (struct cell){index_tag(key), item + 1});
    index->used++;
}

struct cell *index_find(const struct index *index, uint64_t key, const void *items, size_t stride)
{
    uint32_t tag = index_tag(key);

    for (uint32_t at = tag & index->mask; index->cells[at].item; at = (at + 1) & index->mask) {
        const uint8_t *item;

        if (index->cells[at].tag != tag)
            continue;
        item = (const uint8_t *)items + (size_t)cell_item(&index->cells[at]) * stride;
        if (*(const uint64_t *)(const void *)item == key)
            return &index->cells[at];
    }
    return NULL;
}

const struct cell *index_find_likely(const struct index *index, uint64_t key)
{
    uint32_t tag = index_tag(key);

    for (uint32_t at = tag & index->mask; index->cells[at].item; at = (at + 1) & index->mask)
        if (index->cells[at].tag == tag)
            return &index->cells[at];
    return NULL;
}

/* Empties a cell and moves back those behind it that were pushed away from where they belong. */
void index_remove(struct index *index, const struct cell *cell)
{
    uint32_t hole = (uint32_t)(cell - index->cells);

    for (uint32_t at = (hole + 1) & index->mask; index->cells[at].item;
         at = (at + 1) & index->mask) {
        uint32_t home = index->cells[at].tag & index->mask;

        if (((at - home) & index->mask) >= ((at - hole) & index->mask)) {
            index->cells[hole] = index->cells[at];
            hole = at;
        }
    }
    index->cells[hole] = (struct cell){0, 0};
    index->used--;
}
