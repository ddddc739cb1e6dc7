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
    size_t first; /* grows for ever, taken modulo WINDOW_FRAMES */
    size_t count;
};

/* What orders frames of the same time: what they are, so that it does not matter how they came.
 * <0, 0, >0. */
int frame_compare_content(const struct frame *a, const struct frame *b);

/* There must be room. Retains the chunk. */
void window_push(struct window *window, const struct frame *frame, struct chunk *chunk);
/* The first, which must be there; its chunk is the caller's to release. */
struct window_entry window_pop(struct window *window);

#endif
