/* Output that never holds anybody up: lines go into a buffer, and a thread writes them. What there
 * is no room for, or what comes after the reader has gone, is counted. */
#ifndef CLI_OUTLET_H
#define CLI_OUTLET_H

#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"

struct outlet;

/* Writes to `descriptor`, which stays the caller's. NULL: out of memory. */
struct outlet *outlet_new(int descriptor, size_t room_bytes);
int outlet_start(struct outlet *outlet, struct error *error);

/* All of it or nothing. */
void outlet_write(struct outlet *outlet, const void *bytes, size_t size);

struct outlet_counters {
    uint64_t written; /* calls of outlet_write() whose bytes were taken */
    uint64_t lost;    /* and whose were not */
};

/* Returns 0, or -1: nothing can be written any more, `error` says why. */
int outlet_counters(struct outlet *outlet, struct outlet_counters *counters, struct error *error);

/* Waits so long for what is left to be written, then gives it up. NULL is fine. */
void outlet_close(struct outlet *outlet, int64_t patience_ns);

#endif
