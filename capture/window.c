#include "capture/window.h"

#include <string.h>

int frame_compare_content(const struct frame *a, const struct frame *b)
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
    return frame_compare_content(a, b) < 0;
}

/* Moves the last frame up to its place. */
void window_straighten(struct window *window)
{
    size_t at = window->next - 1;
    struct window_entry moving = *window_entry(window, at);

    while (at != window->first) {
        const struct window_entry *before = window_entry(window, at - 1);

        if (!frame_precedes(&moving.frame, &before->frame))
            break;
        *window_entry(window, at) = *before;
        at--;
    }
    *window_entry(window, at) = moving;
}
