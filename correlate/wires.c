#include "correlate/wires.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/memory.h"

#define CACHE_LINE 64

/* Places count all octets that were ever put, and begin with 1. */
struct wires {
    uint8_t *octets;
    uint64_t size;
    uint64_t next;
    uint64_t lap; /* the place where the memory was begun last */
};

struct wires *wires_new(uint64_t memory_bytes)
{
    struct wires *wires = calloc(1, sizeof(*wires));

    if (!wires)
        return NULL;
    wires->size = memory_bytes;
    wires->next = wires->lap = 1;
    wires->octets = memory_reserve(wires->size, 1);
    if (!wires->octets) {
        wires_free(wires);
        return NULL;
    }
    return wires;
}

void wires_free(struct wires *wires)
{
    if (!wires)
        return;
    memory_release(wires->octets, wires->size, 1);
    free(wires);
}

uint64_t wires_put(struct wires *wires, const uint8_t *octets, size_t size)
{
    uint64_t end = wires->lap + wires->size, place;
    uint8_t *to;

    if (size > wires->size)
        return 0;
    if (size > end - wires->next) /* not enough up to the end: from the beginning */
        wires->next = wires->lap = end;
    place = wires->next;
    to = wires->octets + (place - wires->lap);
    memcpy(to, octets, size);
    wires->next += size;
    for (size_t line = 1; line <= 4; line++) /* what is written next */
        __builtin_prefetch(to + size + line * CACHE_LINE, 1);
    return place;
}

const uint8_t *wires_get(const struct wires *wires, uint64_t place)
{
    uint64_t before = place < wires->lap ? wires->size : 0;

    return place + wires->size >= wires->next ? wires->octets + (place + before - wires->lap)
                                              : NULL;
}
