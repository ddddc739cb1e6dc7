/* Names whose exchanges are wanted for longer than there is room for all: something asked for there
 * was asked in vain, and is about to be judged. Which names these are is known but for a small
 * share of others, which are taken for wanted, too. */
#ifndef CORRELATE_WANTED_H
#define CORRELATE_WANTED_H

#include <stdbool.h>
#include <stdint.h>

/* A name is wanted for so long at least, and for twice as long at most. */
#define WANTED_NS (INT64_C(100) * 1000000000)

/* Bits for the names of this span of time and of the one before. */
struct wanted {
    uint64_t *bits[2];
    uint64_t mask; /* bits in each, a power of two, less one */
    int64_t since_ns;
    unsigned now;
};

int wanted_init(struct wanted *wanted, uint64_t memory_bytes); /* -1: out of memory */
void wanted_clear(struct wanted *wanted);

/* `name_hash`: hash_bytes() of the name, here and below. */
void wanted_add(struct wanted *wanted, uint64_t name_hash, int64_t time_ns);

static inline bool wanted_has(const struct wanted *wanted, uint64_t name_hash)
{
    uint64_t at = name_hash & wanted->mask;

    return (wanted->bits[0][at / 64] | wanted->bits[1][at / 64]) >> at % 64 & 1;
}

#endif
