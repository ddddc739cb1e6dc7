#include "correlate/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "decode/hash.h"

#define LEAST_BITS 4096

int wanted_init(struct wanted *wanted, uint64_t memory_bytes)
{
    uint64_t bits = LEAST_BITS;

    while (2 * bits / 8 * 2 <= memory_bytes)
        bits *= 2;
    *wanted = (struct wanted){.mask = bits - 1, .since_ns = INT64_MIN};
    wanted->bits[0] = calloc(bits / 8, 1);
    wanted->bits[1] = calloc(bits / 8, 1);
    return wanted->bits[0] && wanted->bits[1] ? 0 : -1;
}

void wanted_clear(struct wanted *wanted)
{
    free(wanted->bits[0]);
    free(wanted->bits[1]);
}

/* What was wanted in the span before the last is not any more. */
static void turn(struct wanted *wanted, int64_t time_ns)
{
    wanted->now ^= 1;
    wanted->since_ns = time_ns;
    memset(wanted->bits[wanted->now], 0, (wanted->mask + 1) / 8);
    memset(wanted->tags[wanted->now], 0, sizeof(wanted->tags[wanted->now]));
}

static uint64_t place_of(const struct wanted *wanted, const uint8_t *name, size_t size)
{
    return hash_unkeyed(name, size, 0) & wanted->mask;
}

bool wanted_has(const struct wanted *wanted, const uint8_t *name, size_t size)
{
    uint64_t at = place_of(wanted, name, size);

    return (wanted->bits[0][at / 64] | wanted->bits[1][at / 64]) >> at % 64 & 1;
}

void wanted_add(struct wanted *wanted, uint16_t tag, const uint8_t *name, size_t size,
                int64_t time_ns)
{
    uint64_t at = place_of(wanted, name, size);

    /* A time before the span's: the clock was set back. */
    if (time_ns < wanted->since_ns || (uint64_t)time_ns - (uint64_t)wanted->since_ns >= WANTED_NS)
        turn(wanted, time_ns);
    wanted->bits[wanted->now][at / 64] |= UINT64_C(1) << at % 64;
    wanted->tags[wanted->now][tag / 64] |= UINT64_C(1) << tag % 64;
}
