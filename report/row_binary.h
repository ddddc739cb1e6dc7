/* Rows as ClickHouse's RowBinary has them: values one after the other, without names, escapes or
 * separators, so that any octet goes through as it is. A sticky error: write a whole row, then look
 * at `failed`. */
#ifndef REPORT_ROW_BINARY_H
#define REPORT_ROW_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_binary {
    uint8_t *bytes; /* owned */
    size_t size, capacity;
    bool failed; /* out of memory */
};

void row_binary_clear(struct row_binary *rows); /* frees */

/* An integer of so many octets, signed or not. */
void row_binary_integer(struct row_binary *rows, uint64_t value, unsigned octets);
void row_binary_string(struct row_binary *rows, const void *bytes, size_t size);
/* In front of a value that may be NULL; a NULL has nothing behind it. */
void row_binary_null(struct row_binary *rows, bool is_null);
/* In front of an array's values: how many there are. */
void row_binary_count(struct row_binary *rows, uint64_t count);
/* What was written elsewhere, behind it. */
void row_binary_append(struct row_binary *rows, const struct row_binary *others);

#endif
