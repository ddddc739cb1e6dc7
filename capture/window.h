/* Straightens frames that are slightly out of order, without a copy of their bytes: a queue that
 * each frame enters from the back and moves up in, past those that it precedes. Frames leave in
 * front, many at once, and stay where they lie until the next are taken. */
#ifndef CAPTURE_WINDOW_H
#define CAPTURE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/chunk.h"
#include "capture/frame.h"

/* A frame moves up past fewer than these. */
#define WINDOW_FRAMES 256

/* A frame that is earlier than another by more than this has another clock behind it (a step, a
 * merged capture): it stays where the file has it. */
#define WINDOW_TOLERANCE_NS INT64_C(1000000000)

/* Taken at once, at most. */
#define WINDOW_BATCH 64

/* A power of two; room for those that wait to be full, the next batch, and the one that was taken.
 */
#define WINDOW_PLACES 512

/* Positions grow for ever and count modulo WINDOW_PLACES. */
struct window {
    struct frame frames[WINDOW_PLACES];
    struct chunk *chunks[WINDOW_PLACES]; /* hold the frames' bytes, retained */
    size_t taken;                        /* the oldest frame that is held for who took it */
    size_t first;                        /* the oldest that was not taken */
    size_t next;                         /* the place to be filled next */
};

static inline size_t window_count(const struct window *window)
{
    return window->next - window->first;
}

/* The oldest, which must be there. */
static inline const struct frame *window_first(const struct window *window)
{
    return &window->frames[window->first % WINDOW_PLACES];
}

static inline struct chunk *window_first_chunk(const struct window *window)
{
    return window->chunks[window->first % WINDOW_PLACES];
}

/* Where the next frames may be written, before window_push(): as many as this says. So what is read
 * goes to its place at once. */
static inline struct frame *window_room(struct window *window, size_t *count)
{
    size_t at = window->next % WINDOW_PLACES;
    size_t wanted = WINDOW_FRAMES - 1 + WINDOW_BATCH - window_count(window);

    *count = wanted < WINDOW_PLACES - at ? wanted : WINDOW_PLACES - at;
    return &window->frames[at];
}

/* Are there frames to take that none which is still to come moves up past? */
static inline bool window_is_full(const struct window *window)
{
    return window_count(window) >= WINDOW_FRAMES;
}

void window_straighten(struct window *window);

/* Takes the frames that were written; their bytes are all in the chunk, which is retained. */
static inline void window_push(struct window *window, size_t count, struct chunk *chunk)
{
    const struct frame *frames = &window->frames[window->next % WINDOW_PLACES];
    struct chunk **chunks = &window->chunks[window->next % WINDOW_PLACES];
    int64_t before_ns = INT64_MIN;

    if (window_count(window) > 0)
        before_ns = window->frames[(window->next - 1) % WINDOW_PLACES].time_ns;
    chunk->references += (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        chunks[i] = chunk;
        window->next++;
        if (frames[i].time_ns <= before_ns)
            window_straighten(window);
        before_ns = frames[i].time_ns; /* of the last, whichever that is now */
    }
}

/* Takes at most `most` of the oldest, and returns how many: those that are settled where the window
 * is full, one at least where there is any. They and their bytes stay until the next call. */
size_t window_take(struct window *window, size_t most, const struct frame **frames);

/* Is a frame of this source among those that were not taken? */
bool window_holds(const struct window *window, uint32_t source);

/* Lets go of all. */
void window_clear(struct window *window);

#endif
