#include "capture/chunk.h"

#include <stdlib.h>
#include <string.h>

void chunk_pool_init(struct chunk_pool *pool, size_t chunk_bytes)
{
    *pool = (struct chunk_pool){.chunk_bytes = chunk_bytes};
}

void chunk_pool_clear(struct chunk_pool *pool)
{
    while (pool->free) {
        struct chunk *chunk = pool->free;

        pool->free = chunk->next;
        free(chunk);
    }
}

struct chunk *chunk_claim(struct chunk_pool *pool, size_t size)
{
    size_t capacity = size > pool->chunk_bytes ? size : pool->chunk_bytes;
    struct chunk *chunk = pool->free;

    if (chunk && chunk->capacity >= capacity) {
        pool->free = chunk->next;
    } else {
        chunk_pool_clear(pool); /* the spare ones make room for one that is larger */
        chunk = malloc(sizeof(*chunk) + capacity);
        if (!chunk)
            return NULL;
        chunk->pool = pool;
        chunk->capacity = capacity;
    }
    chunk->next = NULL;
    chunk->references = 1;
    pool->used_bytes += capacity;
    return chunk;
}

void chunk_recycle(struct chunk *chunk)
{
    struct chunk_pool *pool = chunk->pool;

    pool->used_bytes -= chunk->capacity;
    if (chunk->capacity > pool->chunk_bytes) {
        free(chunk);
        return;
    }
    chunk->next = pool->free;
    pool->free = chunk;
}

void chunk_reader_init(struct chunk_reader *reader, struct chunk_pool *pool,
                       struct byte_source *source, size_t read_bytes)
{
    static const uint8_t nothing[1];

    *reader = (struct chunk_reader){.at = nothing,
                                    .end = nothing,
                                    .read_bytes = read_bytes > 0 ? read_bytes : SIZE_MAX,
                                    .pool = pool,
                                    .source = source};
}

void chunk_reader_clear(struct chunk_reader *reader)
{
    if (reader->chunk)
        chunk_release(reader->chunk);
    reader->chunk = NULL;
    reader->end = reader->at;
}

/* Room for `size` bytes from `at` on: in this chunk (behind what was read nobody refers to
 * anything), or in another one that what is left moves to. */
static int make_room(struct chunk_reader *reader, size_t size)
{
    struct chunk *old = reader->chunk;
    size_t left = chunk_reader_available(reader);
    struct chunk *chunk;

    if (old && (size_t)(reader->at - old->bytes) + size <= old->capacity)
        return 0;
    if (old && old->references == 1 && size <= old->capacity) {
        chunk = old;
        memmove(chunk->bytes, reader->at, left);
    } else {
        chunk = chunk_claim(reader->pool, size);
        if (!chunk) {
            reader->failed = true;
            return error_set(&reader->error, "out of memory");
        }
        memcpy(chunk->bytes, reader->at, left);
        if (old)
            chunk_release(old);
    }
    reader->chunk = chunk;
    reader->at = chunk->bytes;
    reader->end = chunk->bytes + left;
    return 0;
}

/* What chunk_reader_need() does where the bytes are not there yet. */
const uint8_t *chunk_reader_fill(struct chunk_reader *reader, size_t size)
{
    if (reader->failed || make_room(reader, size) < 0)
        return NULL;
    while (chunk_reader_available(reader) < size && !reader->ended) {
        uint8_t *into = reader->chunk->bytes + (reader->end - reader->chunk->bytes);
        size_t room = (size_t)(reader->chunk->bytes + reader->chunk->capacity - into);
        ssize_t got =
            byte_source_read(reader->source, into,
                             room < reader->read_bytes ? room : reader->read_bytes, &reader->error);

        if (got < 0) {
            reader->failed = true;
            return NULL;
        }
        reader->ended = got == 0;
        reader->end += got;
        reader->end_offset += (uint64_t)got;
    }
    return chunk_reader_available(reader) >= size ? reader->at : NULL;
}

int chunk_reader_skip(struct chunk_reader *reader, uint64_t size)
{
    while (size > 0) {
        size_t step;

        if (!chunk_reader_need(reader, 1))
            return -1;
        step = chunk_reader_available(reader);
        if (step > size)
            step = (size_t)size;
        reader->at += step;
        size -= step;
    }
    return 0;
}
