#include "report/row_binary.h"

#include <stdlib.h>
#include <string.h>

void row_binary_clear(struct row_binary *rows)
{
    free(rows->bytes);
    *rows = (struct row_binary){0};
}

static uint8_t *make_room(struct row_binary *rows, size_t size)
{
    size_t needed = rows->size + size;
    uint8_t *at;

    if (needed > rows->capacity && !rows->failed) {
        uint8_t *grown = realloc(rows->bytes, 2 * needed);

        rows->failed = grown == NULL;
        if (grown != NULL) {
            rows->bytes = grown;
            rows->capacity = 2 * needed;
        }
    }
    if (rows->failed)
        return NULL;
    at = rows->bytes + rows->size;
    rows->size = needed;
    return at;
}

void row_binary_integer(struct row_binary *rows, uint64_t value, unsigned octets)
{
    uint8_t *at = make_room(rows, octets);

    for (unsigned i = 0; at != NULL && i < octets; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void row_binary_count(struct row_binary *rows, uint64_t count)
{
    for (; count >= 0x80; count >>= 7)
        row_binary_integer(rows, (count & 0x7f) | 0x80, 1);
    row_binary_integer(rows, count, 1);
}

void row_binary_string(struct row_binary *rows, const void *bytes, size_t size)
{
    uint8_t *at;

    row_binary_count(rows, size);
    at = make_room(rows, size);
    if (at != NULL && size > 0)
        memcpy(at, bytes, size);
}

void row_binary_null(struct row_binary *rows, bool is_null)
{
    row_binary_integer(rows, is_null, 1);
}

void row_binary_append(struct row_binary *rows, const struct row_binary *others)
{
    uint8_t *at = make_room(rows, others->size);

    if (at != NULL && others->size > 0)
        memcpy(at, others->bytes, others->size);
    rows->failed = rows->failed || others->failed;
}
