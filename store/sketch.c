#include "store/sketch.h"

#include <math.h>
#include <string.h>

void sketch_add(struct sketch *sketch, uint64_t hash)
{
    unsigned index = (unsigned)(hash >> (64 - SKETCH_BITS));
    uint64_t rest = hash << SKETCH_BITS;
    uint8_t rank = (uint8_t)(rest == 0 ? 64 - SKETCH_BITS + 1 : __builtin_clzll(rest) + 1);

    if (sketch->registers[index] < rank)
        sketch->registers[index] = rank;
}

void sketch_merge(struct sketch *sketch, const struct sketch *other)
{
    for (unsigned i = 0; i < SKETCH_REGISTERS; i++) {
        if (sketch->registers[i] < other->registers[i])
            sketch->registers[i] = other->registers[i];
    }
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

#define VALUE_BITS 6
#define VALUE_MASK ((1u << VALUE_BITS) - 1)

/* Most sketches are of a few clients, their registers mostly empty: eight at once. */
static unsigned next_used(const struct sketch *sketch, unsigned index)
{
    static const uint8_t empty[8];

    while (index % sizeof(empty) == 0 && index < SKETCH_REGISTERS &&
           memcmp(&sketch->registers[index], empty, sizeof(empty)) == 0)
        index += sizeof(empty);
    return index;
}

size_t sketch_pack(const struct sketch *sketch, uint8_t bytes[SKETCH_REGISTERS])
{
    size_t size = 0;

    for (unsigned i = next_used(sketch, 0); i < SKETCH_REGISTERS; i = next_used(sketch, i + 1)) {
        unsigned entry = i << VALUE_BITS | sketch->registers[i];

        if (sketch->registers[i] == 0)
            continue;
        if (size + 2 >= SKETCH_REGISTERS) { /* that size means that all are there */
            memcpy(bytes, sketch->registers, SKETCH_REGISTERS);
            return SKETCH_REGISTERS;
        }
        bytes[size++] = (uint8_t)(entry >> 8);
        bytes[size++] = (uint8_t)entry;
    }
    return size;
}

static void raise_register(struct sketch *sketch, unsigned index, uint8_t value)
{
    if (sketch->registers[index] < value)
        sketch->registers[index] = value;
}

int sketch_merge_packed(struct sketch *sketch, const uint8_t *bytes, size_t size)
{
    if (size > SKETCH_REGISTERS || size % 2 != 0)
        return -1;
    if (size == SKETCH_REGISTERS) {
        for (unsigned i = 0; i < SKETCH_REGISTERS; i++)
            raise_register(sketch, i, bytes[i]);
        return 0;
    }
    for (size_t i = 0; i < size; i += 2) {
        unsigned entry = (unsigned)bytes[i] << 8 | bytes[i + 1];

        raise_register(sketch, entry >> VALUE_BITS, (uint8_t)(entry & VALUE_MASK));
    }
    return 0;
}
