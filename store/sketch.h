/* How many distinct clients there were, without keeping their addresses: a HyperLogLog sketch
 * (Flajolet et al. 2007) of 1024 registers, good to about 3 %, nearly exact while they are few.
 * Sketches are the same in whatever order and however often clients are added, and those of two
 * times merge into that of both. */
#ifndef STORE_SKETCH_H
#define STORE_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define SKETCH_BITS      10
#define SKETCH_REGISTERS (1 << SKETCH_BITS)

struct sketch {
    uint8_t registers[SKETCH_REGISTERS];
};

/* `hash` must be a stable one (hash_stable()): sketches live in the database. */
void sketch_add(struct sketch *sketch, uint64_t hash);
void sketch_merge(struct sketch *sketch, const struct sketch *other);
uint64_t sketch_estimate(const struct sketch *sketch);

/* As stored: while few registers are used two octets for each of them (index in the upper 10 bits,
 * value in the lower 6), else all of them, one octet each. Returns the size. */
size_t sketch_pack(const struct sketch *sketch, uint8_t bytes[SKETCH_REGISTERS]);
/* Adds what was stored to `sketch`. 0, or -1: it is none. */
int sketch_merge_packed(struct sketch *sketch, const uint8_t *bytes, size_t size);

#endif
