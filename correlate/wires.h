/* The octets of responses that ended well, one behind the other in memory that is written round and
 * round: the oldest are overwritten, and nothing has to be let go of. */
#ifndef CORRELATE_WIRES_H
#define CORRELATE_WIRES_H

#include <stddef.h>
#include <stdint.h>

struct wires;

struct wires *wires_new(uint64_t memory_bytes); /* NULL: out of memory */
void wires_free(struct wires *wires);           /* NULL is fine */

/* Copies the octets and returns where they stand, for wires_get(); 0: they are too many. */
uint64_t wires_put(struct wires *wires, const uint8_t *octets, size_t size);
/* What was put at `place`, borrowed until the next wires_put(); NULL: it was overwritten. */
const uint8_t *wires_get(const struct wires *wires, uint64_t place);

#endif
