/* Names whose exchanges are wanted for longer than there is room for all: something asked for there
 * was asked in vain, and is about to be judged. Which names these are is known but for a small
 * share of others, which are taken for wanted, too: the same ones in each run. */
#ifndef CORRELATE_WANTED_H
#define CORRELATE_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name is wanted for so long at least, and for twice as long at most. */
#define WANTED_NS (INT64_C(100) * 1000000000)

/* For the names of this span of time and of the one before: a bit each, and one for their tags,
 * by which nearly all others are told without a look at their names. */
struct wanted {
    uint64_t *bits[2];
    uint64_t tags[2][(UINT16_MAX + 1) / 64];
    uint64_t mask; /* bits in each, a power of two, less one */
    int64_t since_ns;
    unsigned now;
};

int wanted_init(struct wanted *wanted, uint64_t memory_bytes); /* -1: out of memory */
void wanted_clear(struct wanted *wanted);

/* `tag`: always the same of a name. */
void wanted_add(struct wanted *wanted, uint16_t tag, const uint8_t *name, size_t size,
                int64_t time_ns);
bool wanted_has(const struct wanted *wanted, const uint8_t *name, size_t size);

/* Is a name with this tag wanted? */
static inline bool wanted_has_tag(const struct wanted *wanted, uint16_t tag)
{
    return (wanted->tags[0][tag / 64] | wanted->tags[1][tag / 64]) >> tag % 64 & 1;
}

#endif
