/* How many distinct clients there were, without keeping their addresses: a HyperLogLog sketch
 * (Flajolet et al. 2007) of 1024 registers, good to about 3 %, nearly exact while they are few.
 * Sketches are the same in whatever order and however often clients are added. */
#ifndef STORE_SKETCH_H
#define STORE_SKETCH_H

#include <stdint.h>

#define SKETCH_BITS      10
#define SKETCH_REGISTERS (1 << SKETCH_BITS)

struct sketch {
    uint8_t registers[SKETCH_REGISTERS];
};

/* `hash` must be a stable one (hash_stable()): sketches live in the database. */
void sketch_add(struct sketch *sketch, uint64_t hash);
uint64_t sketch_estimate(const struct sketch *sketch);

#endif
