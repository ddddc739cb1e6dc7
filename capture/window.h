/* Straightens frames that are slightly out of order, without a copy of their bytes: a queue that
 * each frame enters from the back and moves up in, past those that it precedes. */
#ifndef CAPTURE_WINDOW_H
#define CAPTURE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/chunk.h"
#include "capture/frame.h"

#define WINDOW_FRAMES 256 /* a power of two */

/* A frame that is earlier than another by more than this has another clock behind it (a step, a
 * merged capture): it stays where the file has it. */
#define WINDOW_TOLERANCE_NS INT64_C(1000000000)

struct window_entry {
    struct frame frame;
    struct chunk *chunk; /* holds the frame's bytes, retained */
};

struct window {
    struct window_entry entries[WINDOW_FRAMES];
    size_t first; /* the oldest entry; both grow for ever and count modulo WINDOW_FRAMES */
    size_t next;  /* the entry to be filled next */
};

static inline size_t window_count(const struct window *window)
{
    return window->next - window->first;
}

static inline struct window_entry *window_entry(struct window *window, size_t position)
{
    return &window->entries[position % WINDOW_FRAMES];
}

/* Where the next frame may be written, before window_push(); there must be room. So what is read
 * goes to its place at once. */
static inline struct frame *window_slot(struct window *window)
{
    return &window_entry(window, window->next)->frame;
}

void window_straighten(struct window *window);

/* Takes the frame in the slot; retains the chunk. */
static inline void window_push(struct window *window, struct chunk *chunk)
{
    struct window_entry *entry = window_entry(window, window->next);
    const struct window_entry *before = window_entry(window, window->next - 1);

    entry->chunk = chunk;
    chunk_retain(chunk);
    window->next++;
    if (window_count(window) > 1 && entry->frame.time_ns <= before->frame.time_ns)
        window_straighten(window);
}

/* The first, which must be there. The chunk that holds its bytes is the caller's to release. */
static inline struct chunk *window_pop(struct window *window, struct frame *frame)
{
    const struct window_entry *entry = window_entry(window, window->first++);

    *frame = entry->frame;
    return entry->chunk;
}

/* What orders frames of the same time: what they are, so that it does not matter how they came.
 * <0, 0, >0. */
int frame_compare_content(const struct frame *a, const struct frame *b);

#endif
