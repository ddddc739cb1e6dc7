#include "capture/window.h"

#include <string.h>

/* What orders frames of the same time: what they are, so that it does not matter how they came.
 * <0, 0, >0. */
static int compare_content(const struct frame *a, const struct frame *b)
{
    if (a->wire_bytes != b->wire_bytes)
        return a->wire_bytes < b->wire_bytes ? -1 : 1;
    if (a->size_bytes != b->size_bytes)
        return a->size_bytes < b->size_bytes ? -1 : 1;
    if (a->link_type != b->link_type)
        return a->link_type < b->link_type ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->size_bytes);
}

static bool frame_precedes(const struct frame *a, const struct frame *b)
{
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns && b->time_ns - a->time_ns <= WINDOW_TOLERANCE_NS;
    return compare_content(a, b) < 0;
}

/* Moves the last frame up to its place. How far does not depend on how many were taken when. */
void window_straighten(struct window *window)
{
    size_t at = window->next - 1;
    size_t end = at - window->first < WINDOW_FRAMES ? window->first : at - (WINDOW_FRAMES - 1);
    struct frame moving = window->frames[at % WINDOW_PLACES];
    struct chunk *chunk = window->chunks[at % WINDOW_PLACES];

    for (; at != end; at--) {
        size_t before = (at - 1) % WINDOW_PLACES;

        if (!frame_precedes(&moving, &window->frames[before]))
            break;
        window->frames[at % WINDOW_PLACES] = window->frames[before];
        window->chunks[at % WINDOW_PLACES] = window->chunks[before];
    }
    window->frames[at % WINDOW_PLACES] = moving;
    window->chunks[at % WINDOW_PLACES] = chunk;
}

/* Those that follow each other in one chunk together: nearly all. */
static void let_go(struct window *window)
{
    while (window->taken != window->first) {
        struct chunk *chunk = window->chunks[window->taken % WINDOW_PLACES];
        uint32_t count = 0;

        do {
            count++;
            window->taken++;
        } while (window->taken != window->first &&
                 window->chunks[window->taken % WINDOW_PLACES] == chunk);
        chunk_release_some(chunk, count);
    }
}

size_t window_take(struct window *window, size_t most, const struct frame **frames)
{
    size_t at = window->first % WINDOW_PLACES;
    size_t count = window_is_full(window) ? window_count(window) - (WINDOW_FRAMES - 1) : 1;

    if (count > most)
        count = most;
    if (count > WINDOW_PLACES - at)
        count = WINDOW_PLACES - at;
    if (count > window_count(window))
        count = window_count(window);
    let_go(window);
    *frames = &window->frames[at];
    window->first += count;
    return count;
}

bool window_holds(const struct window *window, uint32_t source)
{
    for (size_t at = window->first; at != window->next; at++) {
        if (window->frames[at % WINDOW_PLACES].source == source)
            return true;
    }
    return false;
}

void window_clear(struct window *window)
{
    window->first = window->next;
    let_go(window);
}
