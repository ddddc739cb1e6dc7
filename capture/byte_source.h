/* The bytes of a file in order, decompressed where it is compressed. Reads with read(2) only: what
 * is mapped would count against nobody's bound, and a file that shrinks would kill us. */
#ifndef CAPTURE_BYTE_SOURCE_H
#define CAPTURE_BYTE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/error.h"

struct byte_source;

/* "-" is standard input. Decompressing takes `memory_bytes` at most, what needs more is an error of
 * reading. NULL: it cannot be opened or read; like all texts from here the reason comes without the
 * file's name. */
struct byte_source *byte_source_open(const char *path, uint64_t memory_bytes, struct error *error);
void byte_source_close(struct byte_source *source); /* NULL is fine */

/* How many bytes came (at least one, `size` > 0), 0 at the end, -1: damaged or unreadable. What
 * could be had before the damage has been delivered by earlier calls. */
ssize_t byte_source_read(struct byte_source *source, uint8_t *bytes, size_t size,
                         struct error *error);

/* From now on a compressed file is decompressed by a thread of its own, where that pays. False: it
 * is as it was. Pipes are left alone: nobody knows how long they keep a thread waiting. */
bool byte_source_go_ahead(struct byte_source *source);

bool byte_source_is_compressed(const struct byte_source *source);
/* What decompressing takes. Not to be asked of one that was told to go ahead. */
uint64_t byte_source_memory_bytes(const struct byte_source *source);
/* Bytes of the file itself that were read so far. */
uint64_t byte_source_stored_bytes(const struct byte_source *source);

#endif
