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

static inline bool frame_precedes(const struct frame *a, const struct frame *b)
{
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns && b->time_ns - a->time_ns <= WINDOW_TOLERANCE_NS;
    return frame_compare_content(a, b) < 0;
}

static inline struct window_entry *entry_at(struct window *window, size_t position)
{
    return &window->entries[(window->first + position) % WINDOW_FRAMES];
}

void window_push(struct window *window, const struct frame *frame, struct chunk *chunk)
{
    size_t position = window->count++;
    struct window_entry *entry = entry_at(window, position);

    while (position > 0) {
        struct window_entry *before = entry_at(window, position - 1);

        if (!frame_precedes(frame, &before->frame))
            break;
        *entry = *before;
        entry = before;
        position--;
    }
    entry->frame = *frame;
    entry->chunk = chunk;
    chunk_retain(chunk);
}

struct window_entry window_pop(struct window *window)
{
    struct window_entry *entry = entry_at(window, 0);

    window->first++;
    window->count--;
    return *entry;
}
