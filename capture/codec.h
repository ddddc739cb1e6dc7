/* The compressions that capture files come in, each recognised by its first bytes. */
#ifndef CAPTURE_CODEC_H
#define CAPTURE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODEC_MAGIC_MAX 6

/* What a step may take and fill; it moves the pointers on. */
struct codec_io {
    const uint8_t *in;
    size_t in_size;
    uint8_t *out;
    size_t out_size;
    bool in_ended; /* nothing comes after `in` */
};

struct codec {
    const char *name;
    uint8_t magic[CODEC_MAGIC_MAX];
    uint8_t magic_size;
    uint8_t first_mask; /* which bits of the first byte count */

    /* It takes so much memory at most: what needs more is an error. NULL: out of memory. */
    void *(*open)(uint64_t memory_bytes);
    /* Goes on as far as the buffers allow, over as many members or frames as there are. -1: the
     * input is damaged, *why is a static text. */
    int (*step)(void *state, struct codec_io *io, const char **why);
    /* Whether the input may end here: after a whole member. */
    bool (*at_boundary)(const void *state);
    /* What it takes, once the first bytes are decompressed. */
    uint64_t (*memory_bytes)(const void *state);
    void (*close)(void *state);
};

/* NULL: not compressed (as far as we know). */
const struct codec *codec_recognise(const uint8_t *bytes, size_t size);

#endif
