#include "store/sketch.h"

#include <math.h>

void sketch_add(struct sketch *sketch, uint64_t hash)
{
    unsigned index = (unsigned)(hash >> (64 - SKETCH_BITS));
    uint64_t rest = hash << SKETCH_BITS;
    uint8_t rank = (uint8_t)(rest == 0 ? 64 - SKETCH_BITS + 1 : __builtin_clzll(rest) + 1);

    if (sketch->registers[index] < rank)
        sketch->registers[index] = rank;
}

uint64_t sketch_estimate(const struct sketch *sketch)
{
    const double m = SKETCH_REGISTERS, alpha = 0.7213 / (1 + 1.079 / m);
    double sum = 0, estimate;
    unsigned zeroes = 0;

    for (unsigned i = 0; i < SKETCH_REGISTERS; i++) {
        sum += ldexp(1, -sketch->registers[i]);
        zeroes += sketch->registers[i] == 0;
    }
    estimate = alpha * m * m / sum;
    /* Few are better told by how many registers are still empty. */
    if (estimate <= 2.5 * m && zeroes > 0)
        estimate = m * log(m / zeroes);
    return (uint64_t)llround(estimate);
}
