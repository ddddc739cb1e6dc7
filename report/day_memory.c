#include "report/day_memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/safe.h"

#define BLOCK_BYTES 65536

struct block {
    struct block *next;
    size_t size_bytes;
    size_t used_bytes;
    alignas(max_align_t) uint8_t bytes[];
};

struct day_memory {
    struct block *blocks; /* the first one is being filled */
};

struct day_memory *day_memory_new(void)
{
    return calloc(1, sizeof(struct day_memory));
}

void day_memory_free(struct day_memory *memory)
{
    struct block *next;

    if (memory == NULL)
        return;
    for (struct block *block = memory->blocks; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(memory);
}

void *day_memory_take(struct day_memory *memory, size_t size_bytes)
{
    const size_t align = alignof(max_align_t);
    size_t needed = (size_bytes + align - 1) / align * align;
    struct block *block = memory->blocks;

    if (block == NULL || block->size_bytes - block->used_bytes < needed) {
        size_t room = needed > BLOCK_BYTES ? needed : BLOCK_BYTES;

        block = calloc(1, sizeof(*block) + room);
        if (block == NULL)
            return NULL;
        block->size_bytes = room;
        block->next = memory->blocks;
        memory->blocks = block;
    }
    block->used_bytes += needed;
    return block->bytes + block->used_bytes - needed;
}

/* Capacities are powers of two, from 8 on: a full array is one whose count is such. */
void *day_memory_grow(struct day_memory *memory, void *items, size_t count, size_t item_bytes)
{
    const size_t least = 8;
    void *larger;

    if (count > 0 && (count < least || (count & (count - 1)) != 0))
        return items;
    larger = day_memory_take(memory, (count < least ? least : 2 * count) * item_bytes);
    if (larger != NULL && count > 0)
        memcpy(larger, items, count * item_bytes);
    return larger;
}

const char *day_memory_text(struct day_memory *memory, const char *text)
{
    size_t size_bytes = text == NULL ? 0 : SAFE_TEXT_SIZE(strlen(text));
    char *copy = text == NULL ? NULL : day_memory_take(memory, size_bytes);

    return copy == NULL ? NULL : safe_prose(text, copy, size_bytes);
}
