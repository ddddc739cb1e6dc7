/* Where frames live between the file and their reader: chunks of a file's bytes, counted by
 * reference.
 *
 * A chunk_reader shows its file as one run of bytes without copying: records are read in place, and
 * a chunk stays as long as a frame of it is in use. Only a record that spans two chunks is moved.
 */
#ifndef CAPTURE_CHUNK_H
#define CAPTURE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/byte_source.h"
#include "capture/error.h"

struct chunk {
    struct chunk *next; /* in the pool, while nobody uses it */
    struct chunk_pool *pool;
    uint32_t references;
    size_t capacity;
    uint8_t bytes[];
};

/* Chunks of one size, kept when they fall free; a record larger than that gets a chunk of its own,
 * which is not kept. */
struct chunk_pool {
    size_t chunk_bytes;
    size_t used_bytes; /* by chunks that somebody refers to */
    unsigned ahead;    /* sources that are read ahead */
    struct chunk *free;
};

void chunk_pool_init(struct chunk_pool *pool, size_t chunk_bytes);
void chunk_pool_clear(struct chunk_pool *pool); /* nobody refers to a chunk any more */

/* With room for `size` bytes and one reference. NULL: out of memory. */
struct chunk *chunk_claim(struct chunk_pool *pool, size_t size);
void chunk_recycle(struct chunk *chunk);

static inline void chunk_retain(struct chunk *chunk)
{
    chunk->references++;
}

static inline void chunk_release_some(struct chunk *chunk, uint32_t references)
{
    chunk->references -= references;
    if (chunk->references == 0)
        chunk_recycle(chunk);
}

static inline void chunk_release(struct chunk *chunk)
{
    chunk_release_some(chunk, 1);
}

struct chunk_reader {
    const uint8_t *at;   /* the next byte */
    const uint8_t *end;  /* of what was read into the chunk */
    struct chunk *chunk; /* holds `at`; a frame that is kept retains it */
    uint64_t end_offset; /* of `end`, in the decompressed file */
    size_t read_bytes;   /* at most so many at once */
    bool ended;
    bool failed; /* reading did: `error` says why, without the file's name */
    struct error error;
    struct chunk_pool *pool;
    struct byte_source *source;
};

/* Borrows both. `read_bytes` 0: as much as the chunk holds. */
void chunk_reader_init(struct chunk_reader *reader, struct chunk_pool *pool,
                       struct byte_source *source, size_t read_bytes);
void chunk_reader_clear(struct chunk_reader *reader);

const uint8_t *chunk_reader_fill(struct chunk_reader *reader, size_t size);

/* The next `size` bytes in one piece, NULL where the file has fewer (or failed). Takes none of
 * them: `at` moves by the caller's hand, and holds still until the next call. */
static inline const uint8_t *chunk_reader_need(struct chunk_reader *reader, size_t size)
{
    if ((size_t)(reader->end - reader->at) >= size)
        return reader->at;
    return chunk_reader_fill(reader, size);
}

/* -1: the file ends (or fails) before. */
int chunk_reader_skip(struct chunk_reader *reader, uint64_t size);

static inline uint64_t chunk_reader_offset(const struct chunk_reader *reader)
{
    return reader->end_offset - (uint64_t)(reader->end - reader->at);
}

/* How many bytes there are in the reader. */
static inline size_t chunk_reader_available(const struct chunk_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

#endif
