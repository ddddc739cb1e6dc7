/* Keys (keyed hashes) that are remembered at four octets each, for longer than there is room for
 * what they stood for. The oldest go, by age alone: whoever is fair decides what gets here. One
 * that was never put is taken for one that was once in some hundred million times. */
#ifndef CORRELATE_SHELF_H
#define CORRELATE_SHELF_H

#include <stdbool.h>
#include <stdint.h>

/* Those of this generation and of the one before. */
struct shelf {
    uint32_t *marks[2]; /* 0: free */
    uint32_t slots;     /* in each */
    uint32_t used[2];
    unsigned now;
};

int shelf_init(struct shelf *shelf, uint64_t memory_bytes); /* -1: out of memory */
void shelf_clear(struct shelf *shelf);

/* Puts it among the youngest. */
void shelf_put(struct shelf *shelf, uint64_t key);
bool shelf_has(const struct shelf *shelf, uint64_t key);
/* Makes it one of the youngest, if it is there. */
void shelf_keep(struct shelf *shelf, uint64_t key);

#endif
