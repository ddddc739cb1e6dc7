/* Large arrays of zeros that cost memory once they are touched. They lie on large pages where the
 * system has them: tables are read all over the place, and with small pages most of such a read is
 * the processor's walk through the page tables. */
#ifndef CORRELATE_MEMORY_H
#define CORRELATE_MEMORY_H

#include <stddef.h>

/* NULL: out of memory. */
void *memory_reserve(size_t count, size_t size);
/* `count` and `size` as reserved; NULL is fine. */
void memory_release(void *memory, size_t count, size_t size);

#endif
