/* Bytes that cost much to come by, made by a thread of its own while who reads them works on those
 * before. */
#ifndef CAPTURE_READ_AHEAD_H
#define CAPTURE_READ_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/error.h"

struct read_ahead;

/* What makes them: as byte_source_read(). *done is how far it came by its own account. Called by
 * the thread alone, and not again after 0 or -1. It must come back soon: closing waits for it. */
typedef ssize_t read_ahead_function(void *context, uint8_t *bytes, size_t size, uint64_t *done,
                                    struct error *error);

/* Is there a second processor to run on? */
bool read_ahead_pays(void);

/* NULL: no thread, or no memory for what it makes. */
struct read_ahead *read_ahead_start(read_ahead_function *make, void *context);
void read_ahead_stop(struct read_ahead *ahead); /* NULL is fine */

/* As `make` would have said without a thread in between. */
ssize_t read_ahead_read(struct read_ahead *ahead, uint8_t *bytes, size_t size, struct error *error);
/* What `make` said of its own account, up to the bytes that were read. */
uint64_t read_ahead_done(const struct read_ahead *ahead);

#endif
