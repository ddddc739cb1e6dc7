/* Where a model lives: what was allocated together is freed together. */
#ifndef REPORT_DAY_MEMORY_H
#define REPORT_DAY_MEMORY_H

#include <stddef.h>

struct day_memory;

struct day_memory *day_memory_new(void);         /* NULL: out of memory */
void day_memory_free(struct day_memory *memory); /* NULL is fine */

/* Zeroed. NULL: out of memory. */
void *day_memory_take(struct day_memory *memory, size_t size_bytes);
/* Room for one item more behind `count` of them: the array, perhaps elsewhere now, its new item
 * zeroed. NULL: out of memory. */
void *day_memory_grow(struct day_memory *memory, void *items, size_t count, size_t item_bytes);
/* A copy made safe (report/safe.h). NULL: of NULL, or out of memory. */
const char *day_memory_text(struct day_memory *memory, const char *text);

#endif
