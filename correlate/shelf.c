#include "correlate/shelf.h"

#include <string.h>

#include "correlate/memory.h"

#define LEAST_SLOTS 64

int shelf_init(struct shelf *shelf, uint64_t memory_bytes)
{
    *shelf = (struct shelf){.slots = LEAST_SLOTS};
    if (memory_bytes / 2 / sizeof(uint32_t) > shelf->slots)
        shelf->slots = (uint32_t)(memory_bytes / 2 / sizeof(uint32_t));
    shelf->marks[0] = memory_reserve(shelf->slots, sizeof(uint32_t));
    shelf->marks[1] = memory_reserve(shelf->slots, sizeof(uint32_t));
    return shelf->marks[0] && shelf->marks[1] ? 0 : -1;
}

void shelf_clear(struct shelf *shelf)
{
    memory_release(shelf->marks[0], shelf->slots, sizeof(uint32_t));
    memory_release(shelf->marks[1], shelf->slots, sizeof(uint32_t));
}

static uint32_t mark_of(uint64_t key)
{
    uint32_t mark = (uint32_t)key;

    return mark ? mark : 1;
}

/* Where the key's mark stands, or the free slot that it would stand in. */
static uint32_t place_of(const struct shelf *shelf, unsigned generation, uint64_t key)
{
    const uint32_t *marks = shelf->marks[generation];
    uint32_t at = (uint32_t)((key >> 32) * shelf->slots >> 32), mark = mark_of(key);

    while (marks[at] && marks[at] != mark)
        at = at + 1 == shelf->slots ? 0 : at + 1;
    return at;
}

/* What only the generation before the last had is gone. A quarter stays free, for searches to end.
 */
static void turn(struct shelf *shelf)
{
    shelf->now ^= 1;
    shelf->used[shelf->now] = 0;
    memset(shelf->marks[shelf->now], 0, shelf->slots * sizeof(uint32_t));
}

void shelf_put(struct shelf *shelf, uint64_t key)
{
    uint32_t at = place_of(shelf, shelf->now, key);

    if (shelf->marks[shelf->now][at])
        return;
    if (shelf->used[shelf->now] == shelf->slots / 4 * 3) {
        turn(shelf);
        at = place_of(shelf, shelf->now, key);
    }
    shelf->marks[shelf->now][at] = mark_of(key);
    shelf->used[shelf->now]++;
}

/* Where nothing had to go yet there is nothing, and no memory is looked at. */
static bool generation_has(const struct shelf *shelf, unsigned generation, uint64_t key)
{
    return shelf->used[generation] > 0 &&
           shelf->marks[generation][place_of(shelf, generation, key)] != 0;
}

bool shelf_has(const struct shelf *shelf, uint64_t key)
{
    return generation_has(shelf, shelf->now, key) || generation_has(shelf, shelf->now ^ 1, key);
}

void shelf_keep(struct shelf *shelf, uint64_t key)
{
    if (generation_has(shelf, shelf->now ^ 1, key))
        shelf_put(shelf, key);
}
